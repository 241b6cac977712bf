//! Client credentials.

use grantd_model::{Client, ClientId, Credential, CredentialId, CredentialKind, Timestamp, Versioned};
use sqlx::Row;

use super::revision::{kind, touch};
use super::{Connection, Db, Write, stale_or_missing, stored_revision, unique, versioned};
use crate::{Noun, StoreError};

const NOUN: Noun = Noun::Credential;

pub(crate) async fn get(
    connection: &mut Connection,
    id: &CredentialId,
) -> Result<Option<Versioned<Credential>>, StoreError> {
    let text = "SELECT id, client_id, credential_type, name, kid, alg, spki, thumbprint_sha256, subject_dn, \
                created_at, updated_at, expires_at, revision FROM credentials WHERE id = $1";
    let row = sqlx::query::<Db>(text).bind(id.as_str()).fetch_optional(connection).await?;
    row.map(|row| from_row(&row)).transpose()
}

/// Newest first.
pub(crate) async fn of_client(
    connection: &mut Connection,
    client: &ClientId,
) -> Result<Vec<Credential>, StoreError> {
    let text = "SELECT id, client_id, credential_type, name, kid, alg, spki, thumbprint_sha256, subject_dn, \
                created_at, updated_at, expires_at, revision FROM credentials WHERE client_id = $1 \
                ORDER BY number DESC";
    let rows = sqlx::query::<Db>(text).bind(client.as_str()).fetch_all(connection).await?;
    rows.iter().map(|row| from_row(row).map(|credential| credential.record)).collect()
}

/// Of each client newest first.
pub(crate) async fn all(connection: &mut Connection) -> Result<Vec<Credential>, StoreError> {
    let text = "SELECT id, client_id, credential_type, name, kid, alg, spki, thumbprint_sha256, subject_dn, \
                created_at, updated_at, expires_at, revision FROM credentials ORDER BY client_id, number DESC";
    let rows = sqlx::query::<Db>(text).map(|row| from_row(&row).map(|credential| credential.record));
    rows.fetch_all(connection).await?.into_iter().collect()
}

/// A client has a bounded number of credentials, and within it a `kid` names one key.
pub(crate) async fn create(write: &mut Write<'_>, credential: &Credential) -> Result<(), StoreError> {
    let text = "SELECT COUNT(*) FROM credentials WHERE client_id = $1";
    let held = sqlx::query_scalar::<Db, i64>(text).bind(credential.client_id.as_str());
    let held = held.fetch_one(&mut *write.connection).await?;
    if usize::try_from(held).is_ok_and(|held| held >= Credential::PER_CLIENT) {
        return Err(StoreError::TooMany(NOUN));
    }
    if names_another_key(write, credential).await? {
        return Err(StoreError::Duplicate(NOUN));
    }
    insert(write, credential).await?;
    touch(write, kind::CREDENTIALS, credential.client_id.as_str()).await
}

async fn names_another_key(write: &mut Write<'_>, credential: &Credential) -> Result<bool, StoreError> {
    let CredentialKind::PublicKey { kid, spki, .. } = &credential.kind else { return Ok(false) };
    let text = "SELECT id FROM credentials WHERE client_id = $1 AND kid = $2 AND spki <> $3 LIMIT 1";
    let found = sqlx::query::<Db>(text).bind(credential.client_id.as_str()).bind(kid).bind(spki);
    Ok(found.fetch_optional(&mut *write.connection).await?.is_some())
}

async fn insert(write: &mut Write<'_>, credential: &Credential) -> Result<(), StoreError> {
    let columns = Columns::of(&credential.kind);
    sqlx::query::<Db>(
        "INSERT INTO credentials (id, client_id, number, credential_type, name, kid, alg, spki, \
         thumbprint_sha256, subject_dn, created_at, updated_at, expires_at, revision) VALUES ($1, $2, \
         (SELECT COALESCE(MAX(number), 0) + 1 FROM credentials WHERE client_id = $2), \
         $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
    )
    .bind(credential.id.as_str())
    .bind(credential.client_id.as_str())
    .bind(credential.kind.credential_type().as_str())
    .bind(credential.name.as_deref())
    .bind(columns.kid)
    .bind(columns.alg)
    .bind(columns.spki)
    .bind(columns.thumbprint_sha256)
    .bind(columns.subject_dn)
    .bind(millis(credential.created_at))
    .bind(millis(credential.updated_at))
    .bind(credential.expires_at.map(millis))
    .bind(write.revision)
    .execute(&mut *write.connection)
    .await
    .map_err(unique(NOUN))?;
    Ok(())
}

/// What a credential is and whose it is never changes.
pub(crate) async fn update(
    write: &mut Write<'_>,
    credential: &Versioned<Credential>,
) -> Result<(), StoreError> {
    let record = &credential.record;
    let updated = sqlx::query::<Db>(
        "UPDATE credentials SET name = $1, updated_at = $2, expires_at = $3, revision = $4 \
         WHERE id = $5 AND revision <= $6",
    )
    .bind(record.name.as_deref())
    .bind(millis(record.updated_at))
    .bind(record.expires_at.map(millis))
    .bind(write.revision)
    .bind(record.id.as_str())
    .bind(stored_revision(credential.revision))
    .execute(&mut *write.connection)
    .await?;
    if updated.rows_affected() == 0 {
        return Err(stale_or_missing(NOUN, exists(write, &record.id)).await);
    }
    touch(write, kind::CREDENTIALS, record.client_id.as_str()).await
}

pub(crate) async fn delete(write: &mut Write<'_>, credential: &Credential) -> Result<(), StoreError> {
    let text = "DELETE FROM credentials WHERE id = $1";
    sqlx::query::<Db>(text).bind(credential.id.as_str()).execute(&mut *write.connection).await?;
    touch(write, kind::CREDENTIALS, credential.client_id.as_str()).await
}

pub(crate) async fn delete_of_client(write: &mut Write<'_>, client: &ClientId) -> Result<(), StoreError> {
    let text = "DELETE FROM credentials WHERE client_id = $1";
    let deleted = sqlx::query::<Db>(text).bind(client.as_str()).execute(&mut *write.connection).await?;
    if deleted.rows_affected() == 0 {
        return Ok(());
    }
    touch(write, kind::CREDENTIALS, client.as_str()).await
}

/// Whether all credentials that count for a client are there, and its own.
pub(crate) async fn has_those_in_use(write: &mut Write<'_>, client: &Client) -> Result<bool, StoreError> {
    for id in client.credentials_in_use() {
        let owner = sqlx::query_scalar::<Db, String>("SELECT client_id FROM credentials WHERE id = $1");
        let owner = owner.bind(id.as_str()).fetch_optional(&mut *write.connection).await?;
        if owner.is_none_or(|owner| owner != client.client_id.as_str()) {
            return Ok(false);
        }
    }
    Ok(true)
}

async fn exists(write: &mut Write<'_>, id: &CredentialId) -> Result<bool, StoreError> {
    let found = sqlx::query::<Db>("SELECT id FROM credentials WHERE id = $1").bind(id.as_str());
    Ok(found.fetch_optional(&mut *write.connection).await?.is_some())
}

/// What a kind of credential has, as columns; the others are null.
#[derive(Default)]
struct Columns<'k> {
    kid: Option<&'k str>,
    alg: Option<&'k str>,
    spki: Option<&'k [u8]>,
    thumbprint_sha256: Option<&'k str>,
    subject_dn: Option<&'k str>,
}

impl<'k> Columns<'k> {
    fn of(kind: &'k CredentialKind) -> Self {
        match kind {
            CredentialKind::PublicKey { kid, alg, spki } => {
                Self { kid: Some(kid), alg: Some(alg.as_str()), spki: Some(spki), ..Self::default() }
            }
            CredentialKind::X509Cert { thumbprint_sha256 } => {
                Self { thumbprint_sha256: Some(thumbprint_sha256), ..Self::default() }
            }
            CredentialKind::CertSubjectDn { subject_dn } => {
                Self { subject_dn: Some(subject_dn), ..Self::default() }
            }
        }
    }
}

fn from_row(row: &<Db as sqlx::Database>::Row) -> Result<Versioned<Credential>, StoreError> {
    let credential = Credential {
        id: row.try_get::<String, _>("id")?.into(),
        client_id: row.try_get::<String, _>("client_id")?.into(),
        name: row.try_get("name")?,
        created_at: timestamp(row.try_get("created_at")?),
        updated_at: timestamp(row.try_get("updated_at")?),
        expires_at: row.try_get::<Option<i64>, _>("expires_at")?.map(timestamp),
        kind: kind_of(row)?,
    };
    Ok(versioned(credential, row.try_get("revision")?))
}

fn kind_of(row: &<Db as sqlx::Database>::Row) -> Result<CredentialKind, StoreError> {
    let corrupt = |reason: String| StoreError::Corrupt { noun: NOUN, source: reason.into() };
    Ok(match row.try_get::<&str, _>("credential_type")? {
        "public_key" => CredentialKind::PublicKey {
            kid: row.try_get("kid")?,
            alg: row.try_get::<&str, _>("alg")?.parse().map_err(corrupt)?,
            spki: row.try_get("spki")?,
        },
        "x509_cert" => CredentialKind::X509Cert { thumbprint_sha256: row.try_get("thumbprint_sha256")? },
        "cert_subject_dn" => CredentialKind::CertSubjectDn { subject_dn: row.try_get("subject_dn")? },
        other => return Err(corrupt(format!("no type of credential is named {other}"))),
    })
}

fn millis(time: Timestamp) -> i64 {
    i64::try_from(time.millis()).unwrap_or(i64::MAX)
}

fn timestamp(stored: i64) -> Timestamp {
    Timestamp::from_millis(u64::try_from(stored).unwrap_or_default())
}
