//! What is not restored, and not backed up: each refusal says why and what to do, and leaves everything as it was.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::commands::{audit, backup, key_file, names, refusal, restore, said};
use crate::support::Place;

/// A place with a server's folder and a backup of it, with the key in it.
fn backed_up() -> (Place, PathBuf) {
    let place = Place::new();
    place.start(&[]).stop();
    let backup_folder = place.beside("backup");
    said(backup(&place, &backup_folder, &["--with-key"]));
    (place, backup_folder)
}

/// Why a backup is not restored. The target is not there before, nor after.
fn refused(place: &Place, from: &Path, arguments: &[&str]) -> String {
    let data = place.beside("restored");
    let why = refusal(restore(from, &data, arguments));
    assert!(!data.exists());
    why
}

/// Changes a file, asks why the backup is refused, and changes it back.
fn refused_with(place: &Place, file: &Path, change: impl FnOnce(&mut Vec<u8>)) -> String {
    let whole = fs::read(file).unwrap();
    let mut content = whole.clone();
    change(&mut content);
    fs::write(file, content).unwrap();
    let why = refused(place, file.parent().unwrap(), &[]);
    fs::write(file, whole).unwrap();
    why
}

/// The same with the manifest.
fn refused_with_manifest(place: &Place, from: &Path, change: impl FnOnce(&mut Value)) -> String {
    refused_with(place, &from.join("manifest.json"), |text| {
        let mut manifest = serde_json::from_slice(text).unwrap();
        change(&mut manifest);
        *text = serde_json::to_vec(&manifest).unwrap();
    })
}

#[test]
fn a_target_that_is_not_empty_stays_as_it_is() {
    let (place, from) = backed_up();
    let data = place.data();
    let before = names(&data);
    let why =
        format!("{} is not empty: a backup is restored into a new folder, or an empty one", data.display());
    assert_eq!(refusal(restore(&from, &data, &[])), why);
    assert_eq!(names(&data), before);
    let file = place.beside("file");
    fs::write(&file, "content").unwrap();
    let why =
        format!("{} is not empty: a backup is restored into a new folder, or an empty one", file.display());
    assert_eq!(refusal(restore(&from, &file, &[])), why);
    assert_eq!(fs::read(&file).unwrap(), b"content");
}

#[test]
fn what_is_no_backup_is_refused() {
    let (place, from) = backed_up();
    for folder in [place.data(), place.beside("nowhere"), from.join("grantd.db")] {
        let manifest = folder.join("manifest.json");
        let why = format!("{} is not there: this is no backup", manifest.display());
        assert_eq!(refused(&place, &folder, &[]), why);
    }
    let manifest = from.join("manifest.json");
    let why = refused_with(&place, &manifest, |text| text.truncate(20));
    assert!(why.starts_with(&format!("{} cannot be read: EOF while parsing", manifest.display())), "{why}");
}

#[test]
fn damaged_files_are_found_by_name() {
    let (place, from) = backed_up();
    for name in ["grantd.db", "events.db"] {
        let (file, size) = (from.join(name), fs::metadata(from.join(name)).unwrap().len());
        let damaged = format!("the backup is damaged: {}", file.display());
        for place_of_byte in [0, size / 2, size - 1] {
            let flip = |content: &mut Vec<u8>| content[usize::try_from(place_of_byte).unwrap()] ^= 1;
            let why = refused_with(&place, &file, flip);
            assert_eq!(why, format!("{damaged} is not what was backed up: its SHA-256 is another"));
        }
        let why = refused_with(&place, &file, |content| content.truncate(content.len() - 1));
        assert_eq!(why, format!("{damaged} has {} bytes and not {size}", size - 1));
        let why = refused_with(&place, &file, |content| content.push(0));
        assert_eq!(why, format!("{damaged} has {} bytes and not {size}", size + 1));
        let aside = place.beside("aside");
        fs::rename(&file, &aside).unwrap();
        assert_eq!(refused(&place, &from, &[]), format!("{damaged} is not there"));
        fs::rename(&aside, &file).unwrap();
    }
    said(restore(&from, &place.beside("restored"), &[]));
}

#[test]
fn a_newer_version_s_backup_is_refused_with_the_version_that_can_restore_it() {
    let (place, from) = backed_up();
    let newer = |key: &'static str| {
        move |manifest: &mut Value| {
            manifest["grantd"] = json!("9.1.0");
            *manifest.pointer_mut(key).unwrap() = json!(999);
        }
    };
    let why = refused_with_manifest(&place, &from, newer("/format"));
    let from_shown = from.display();
    assert_eq!(
        why,
        format!(
            "the backup {from_shown} has the format 999, and this version knows 1: restore it with grantd 9.1.0"
        )
    );
    let known = grantd_store::known_configuration_schema();
    let why = refused_with_manifest(&place, &from, newer("/configuration_schema"));
    assert_eq!(
        why,
        format!(
            "the configuration in {from_shown} has the schema 999, and this version knows schemas up to {known}: \
             restore it with grantd 9.1.0 or a newer one"
        )
    );
    let known = grantd_store::known_log_schema();
    let why = refused_with_manifest(&place, &from, newer("/event_log/schema"));
    assert_eq!(
        why,
        format!(
            "the event log in {from_shown} has the schema 999, and this version knows schemas up to {known}: \
             restore it with grantd 9.1.0 or a newer one"
        )
    );
}

#[test]
fn a_manifest_that_names_other_files_leads_nowhere() {
    let (place, from) = backed_up();
    let why = format!("{} does not list the files of a backup", from.join("manifest.json").display());
    let rename = |manifest: &mut Value| manifest["files"][0]["name"] = json!("../grantd.db");
    assert_eq!(refused_with_manifest(&place, &from, rename), why);
    let remove = |manifest: &mut Value| drop(manifest["files"].as_array_mut().unwrap().remove(1));
    assert_eq!(refused_with_manifest(&place, &from, remove), why);
    let empty = |manifest: &mut Value| manifest["key_ids"] = json!([]);
    assert_eq!(refused_with_manifest(&place, &from, empty), why);
    let why = refused_with_manifest(&place, &from, |manifest| manifest["revision"] = json!(77));
    assert!(
        why.starts_with("the backup is damaged: ") && why.ends_with("is of the revision 1 and not 77"),
        "{why}"
    );
}

#[test]
fn without_the_key_of_its_time_no_backup_is_restored() {
    let (place, with_key) = backed_up();
    let without_key = place.beside("without-key");
    said(backup(&place, &without_key, &[]));
    let manifest: Value =
        serde_json::from_slice(&fs::read(without_key.join("manifest.json")).unwrap()).unwrap();
    let id = manifest["key_ids"][0].as_str().unwrap();
    let (without, key) = (without_key.display(), key_file(&place.data()));
    assert_eq!(
        refused(&place, &without_key, &[]),
        format!(
            "the key-encryption key is not in {without}: name the file of the key {id}, which was kept apart, with --key FILE"
        )
    );
    let other = place.beside("other-key");
    fs::write(&other, [7; 32]).unwrap();
    let given = ["--key", other.to_str().unwrap()];
    let why = format!("{} does not open the secrets in {without}: the key {id} does", other.display());
    assert_eq!(refused(&place, &without_key, &given), why);
    let why =
        format!("{} does not open the secrets in {}: the key {id} does", other.display(), with_key.display());
    assert_eq!(refused(&place, &with_key, &given), why);
    fs::write(&other, [7; 31]).unwrap();
    assert_eq!(refused(&place, &without_key, &given), format!("{} does not hold 32 bytes", other.display()));
    let (inside, shown) = (key_file(&with_key), with_key.display());
    let why = refused_with(&place, &inside, |key| key[0] ^= 1);
    assert_eq!(why, format!("{} does not open the secrets in {shown}: the key {id} does", inside.display()));
    let restored = place.beside("restored");
    said(restore(&without_key, &restored, &["--key", key.to_str().unwrap()]));
    audit(&restored);
}

/// The manifest says what fits the key that is there; the secrets themselves have the last word.
#[test]
fn a_forged_manifest_makes_no_key_fit() {
    let (place, from) = backed_up();
    let other = place.beside("other-key");
    fs::write(&other, [7; 32]).unwrap();
    let mut manifest: Value = serde_json::from_slice(&fs::read(from.join("manifest.json")).unwrap()).unwrap();
    manifest["key_ids"] = json!(["4bb06f8e"]);
    fs::write(from.join("manifest.json"), serde_json::to_vec(&manifest).unwrap()).unwrap();
    let why = refused(&place, &from, &["--key", other.to_str().unwrap()]);
    assert_eq!(
        why,
        "the grantd.db of the backup cannot be used: a sealed SigningKey secret does not open under this \
         key-encryption key"
    );
}

#[test]
fn a_backup_replaces_nothing_and_needs_a_folder_to_be_in() {
    let (place, taken) = backed_up();
    let before = names(&taken);
    let why = format!("{} is not empty: a backup becomes a new folder, or an empty one", taken.display());
    assert_eq!(refusal(backup(&place, &taken, &[])), why);
    assert_eq!(names(&taken), before);
    let nowhere = place.beside("nowhere");
    let why = format!("the folder {} is not there", nowhere.display());
    assert_eq!(refusal(backup(&place, &nowhere.join("backup"), &[])), why);
    let unfilled = Place::new();
    let why = format!("{} is not there: this is no data folder", unfilled.data().join("grantd.db").display());
    assert_eq!(refusal(backup(&unfilled, &place.beside("other"), &[])), why);
    fs::create_dir(unfilled.data()).unwrap();
    fs::write(unfilled.data().join("grantd.db"), "").unwrap();
    let why = format!("nothing was served from {} yet", unfilled.data().display());
    assert_eq!(refusal(backup(&unfilled, &place.beside("other"), &[])), why);
    assert_eq!(names(place.beside("").as_path()), ["backup", "data"]);
}
