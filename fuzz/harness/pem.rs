//! Keys and certificates in PEM and in DER, and the names in them.

use grantd_token::{Certificate, KeyError, PublicKey, same_subject};

/// PEM or DER of a public key or a certificate; as text also two names, parted by a NUL.
pub fn pem(input: &[u8]) {
    if let Ok(certificate) = Certificate::from_der(input) {
        sound_certificate(&certificate);
    }
    if let Ok(key) = PublicKey::from_spki(input) {
        sound_key(&key);
    }
    let Ok(text) = std::str::from_utf8(input) else { return };
    if let Ok(certificate) = Certificate::from_pem(text) {
        sound_certificate(&certificate);
    }
    match PublicKey::from_pem(text) {
        Ok(key) => {
            sound_key(&key);
            assert!(!text.contains("PRIVATE KEY-----"));
        }
        Err(KeyError::TooLong) => {}
        Err(error) => {
            assert!(matches!(error, KeyError::Private) || !text.contains("PRIVATE KEY-----"));
        }
    }
    let (a, b) = text.split_once('\0').unwrap_or((text, text));
    assert_eq!(same_subject(a, b), same_subject(b, a));
}

fn sound_key(key: &PublicKey) {
    assert_eq!(&PublicKey::from_spki(key.spki()).unwrap(), key);
    assert_eq!(key.thumbprint().len(), 43);
}

fn sound_certificate(certificate: &Certificate) {
    assert_eq!(&Certificate::from_der(certificate.der()).unwrap(), certificate);
    assert_eq!(certificate.thumbprint().len(), 43);
    if let Ok(key) = certificate.public_key() {
        sound_key(&key);
    }
    let subject = certificate.subject_dn();
    assert!(!same_subject(subject, &format!("{subject}\nCN=more")));
    assert!(subject.chars().all(|character| character == '\n' || !character.is_ascii_control()));
    let readable = same_subject(subject, subject);
    assert_eq!(readable, same_subject(&format!("{subject}\n"), subject), "a line's end says nothing");
}
