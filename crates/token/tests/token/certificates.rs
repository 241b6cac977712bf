//! Certificates and the names in them, against what openssl and Node said of a certificate made with openssl.

use grantd_model::Timestamp;
use grantd_token::{Certificate, KeyError, PublicKey, same_subject};

use crate::fixtures::{KEY, NOW};

/// `openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -utf8 -subj ...`
pub const CERTIFICATE: &str = "\
-----BEGIN CERTIFICATE-----
MIICOzCCAeECFBGI5jvBdS85SS7/p9nRLofufjGJMAoGCCqGSM49BAMCMIGfMQsw
CQYDVQQGEwJlczEPMA0GA1UECAwGTWFkcmlkMRIwEAYDVQQKDAlBY21lLCBJbmMx
DTALBgNVBAsMBGErYiAxIzAPBgNVBAMMCERldiAiw7wiMBAGCgmSJomT8ixkAQEM
AnUxMRQwEgYJKoZIhvcNAQkBFgVhQGIuYzEMMAoGBCoDBAUMAiMxMRMwEQYKCZIm
iZPyLGQBGRYDeFx5MB4XDTI2MTEyMjAyNDUxOFoXDTM2MTExOTAyNDUxOFowgZ8x
CzAJBgNVBAYTAmVzMQ8wDQYDVQQIDAZNYWRyaWQxEjAQBgNVBAoMCUFjbWUsIElu
YzENMAsGA1UECwwEYStiIDEjMA8GA1UEAwwIRGV2ICLDvCIwEAYKCZImiZPyLGQB
AQwCdTExFDASBgkqhkiG9w0BCQEWBWFAYi5jMQwwCgYEKgMEBQwCIzExEzARBgoJ
kiaJk/IsZAEZFgN4XHkwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAASjPSnoxkrB
Ec3wlF8qTi88ellGpL7YKGLXROO6osl9t14otemPCkNzESz7MmrjcdU5lwLhHc9n
bMc3CcsffUTjMAoGCCqGSM49BAMCA0gAMEUCIQCOkB/jKKi8yeKMCC5QR2EyitF5
B21VZ8Z4LS8YA4vsTQIgBXNW3CPt32SSaNYUdjDJNGe8LjBtwbYoMs3jG90k5wk=
-----END CERTIFICATE-----
";

/// What Node's `X509Certificate.subject` prints.
const SUBJECT: &str = r#"C=es
ST=Madrid
O=Acme\, Inc
OU=a\+b\ 
CN=Dev \"ü\" + UID=u1
emailAddress=a@b.c
1.2.3.4.5=\#1
DC=x\\y"#;

fn certificate() -> Certificate {
    Certificate::from_pem(CERTIFICATE).unwrap()
}

#[test]
fn reads_what_openssl_reads() {
    let certificate = certificate();
    assert_eq!(certificate.thumbprint(), "06ExAOOvt2XFNJF0RtGZSzkFPKaDcq2Qwb8xZ6k2xCw");
    assert_eq!(certificate.subject_dn(), SUBJECT);
    assert_eq!(certificate.not_before(), Timestamp::from_seconds(1_795_315_518));
    assert_eq!(certificate.not_after(), Timestamp::from_seconds(2_110_675_518));
    let key = certificate.public_key().unwrap();
    assert_eq!(key.thumbprint(), "aH3ZHkoWYdBFvfqc5-oQqkQNFck8RLPGeDAQLcQ3Zk4");
    assert_eq!(PublicKey::from_pem(CERTIFICATE).unwrap(), key);
    assert_eq!(Certificate::from_der(certificate.der()).unwrap(), certificate);
}

#[test]
fn reads_our_own_certificates() {
    let certificate = Certificate::from_pem(&KEY.certificate).unwrap();
    assert_eq!(certificate.subject_dn(), "CN=t.example");
    assert_eq!(certificate.not_before(), NOW);
}

#[test]
fn finds_the_subject_in_every_way_that_it_is_written() {
    for written in [
        SUBJECT,
        &format!("{SUBJECT}\n"),
        // openssl x509 -subject -nameopt RFC2253
        r#"DC=x\\y,1.2.3.4.5=#0C022331,emailAddress=a@b.c,UID=u1+CN=Dev \"\C3\BC\",OU=a\+b\ ,O=Acme\, Inc,ST=Madrid,C=es"#,
        // The same with -esc_msb
        r#"DC=x\\y,1.2.3.4.5=#0C022331,emailAddress=a@b.c,UID=u1+CN=Dev \"ü\",OU=a\+b\ ,O=Acme\, Inc,ST=Madrid,C=es"#,
        // openssl x509 -subject
        r##"C = es, ST = Madrid, O = "Acme, Inc", OU = "a+b ", CN = Dev \"\C3\BC\" + UID = u1, emailAddress = a@b.c, 1.2.3.4.5 = "#1", DC = x\\y"##,
        // Types in other spellings
        r#"c=es,S=Madrid,o=Acme\2C Inc,OID.2.5.4.11=a\2Bb\20,userid=u1+commonName=Dev \"ü\",E=a@b.c,1.2.3.4.5=\#1,domainComponent=x\5Cy"#,
    ] {
        assert!(same_subject(written, certificate().subject_dn()), "{written}");
        assert!(same_subject(certificate().subject_dn(), written), "{written}");
    }
}

#[test]
fn another_subject_is_not_the_same() {
    let subject = "C=es\nO=Acme\nCN=dev";
    for (written, same) in [
        ("C=es\nO=Acme\nCN=dev", true),
        ("C=es,O=Acme,CN=dev", true),
        ("CN=dev,O=Acme,C=es", true),
        ("CN=dev, O=Acme, C=es", true),
        // Lines have one order only
        ("CN=dev\nO=Acme\nC=es", false),
        ("C=es,CN=dev,O=Acme", false),
        ("O=Acme,CN=dev", false),
        ("CN=dev", false),
        ("C=es,O=Acme,CN=dev,CN=dev", false),
        ("C=es,O=Acme,CN=de", false),
        ("C=es,O=Acme,CN=dev2", false),
        ("C=es,O=Acme,CN=Dev", false),
        ("C=es,O=Acme,CN=*", false),
        ("C=es,O=Acme,CN=dev\\00", false),
        ("C=es,O=Acme,CN=dev\\ ", false),
        ("C=es,O=Acme,OU=dev", false),
        ("C=es,O=Acme,2.5.4.3=dev", true),
        ("C=es,O=Acme,2.5.4.30=dev", false),
        ("C=es,O=Acme+CN=dev", false),
        ("C=es\\,O=Acme,CN=dev", false),
        ("C=es;O=Acme;CN=dev", false),
        ("C=es,O=Acme,CN=dev,", false),
        (",C=es,O=Acme,CN=dev", false),
        ("C=es,O=Acme,CN=\"dev\"", true),
        ("C=es,O=Acme,CN=\"dev", false),
        ("C=es,O=Acme,CN=dev\\", false),
        ("C=es,O=Acme,CN=\\dev", false),
        ("C=es,O=Acme,CN=#0c03646576", true),
        ("C=es,O=Acme,CN=#0c0364657600", false),
        ("C=es,O=Acme,CN=#0c", false),
        ("C=es,O=Acme,XX=dev", false),
        ("", false),
        ("\n", false),
        (",", false),
        ("=", false),
    ] {
        assert_eq!(same_subject(written, subject), same, "{written}");
    }
}

#[test]
fn nobody_is_the_same_as_nobody() {
    assert!(!same_subject("", ""));
    assert!(!same_subject("CN=a,XX=b", "CN=a,XX=b"), "a type that nobody knows");
    let long = format!("CN={}", "x".repeat(16 * 1024));
    assert!(!same_subject(&long, &long));
}

#[test]
fn no_value_can_look_like_two_parts() {
    // CN of this certificate is "dev\nO=Acme".
    let mut parameters = rcgen::CertificateParams::default();
    parameters.distinguished_name.remove(rcgen::DnType::CommonName);
    parameters.distinguished_name.push(rcgen::DnType::CommonName, "dev\nO=Acme");
    let made = parameters.self_signed(&rcgen::KeyPair::generate().unwrap()).unwrap();
    let certificate = Certificate::from_der(made.der()).unwrap();
    assert_eq!(certificate.subject_dn(), "CN=dev\\0AO\u{3d}Acme");
    assert!(!same_subject("CN=dev\nO=Acme", certificate.subject_dn()));
    assert!(same_subject("CN=dev\\0AO=Acme", certificate.subject_dn()));
}

#[test]
fn refuses_what_is_not_a_certificate() {
    let der = certificate().der().to_vec();
    assert!(matches!(Certificate::from_der(&[der.as_slice(), &[0]].concat()), Err(KeyError::Der)));
    assert!(matches!(Certificate::from_der(&vec![0; 16 * 1024 + 1]), Err(KeyError::TooLong)));
    for length in 0..der.len() {
        assert!(Certificate::from_der(&der[..length]).is_err(), "{length}");
    }
    let long = format!("{}{CERTIFICATE}", " ".repeat(16 * 1024));
    assert!(matches!(Certificate::from_pem(&long), Err(KeyError::TooLong)));
    let with_key = format!("{CERTIFICATE}{}", rcgen::KeyPair::generate().unwrap().serialize_pem());
    assert!(matches!(Certificate::from_pem(&with_key), Err(KeyError::Private)));
    assert!(matches!(Certificate::from_pem(crate::public_keys::P256), Err(KeyError::NotACertificate)));
}
