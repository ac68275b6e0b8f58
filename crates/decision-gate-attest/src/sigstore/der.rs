//! As much of DER as it takes to find the public key in a certificate.

/// The `SubjectPublicKeyInfo` of an X.509 certificate. Nothing else in the certificate is looked at, let alone checked.
pub(super) fn public_key_of(certificate: &[u8]) -> Option<&[u8]> {
    const SEQUENCE: u8 = 0x30;
    const VERSION: u8 = 0xa0;
    let (outer, _) = element(certificate, SEQUENCE)?;
    let (mut fields, _) = element(outer.content, SEQUENCE).map(|(signed, rest)| (signed.content, rest))?;
    if let Some((_, rest)) = element(fields, VERSION) {
        fields = rest;
    }
    // Serial number, signature algorithm, issuer, validity, subject; then the key.
    for tag in [0x02, SEQUENCE, SEQUENCE, SEQUENCE, SEQUENCE] {
        fields = element(fields, tag)?.1;
    }
    element(fields, SEQUENCE).map(|(key, _)| key.whole)
}

struct Element<'a> {
    whole: &'a [u8],
    content: &'a [u8],
}

/// The element at the beginning of `bytes`, if it has this tag, and what follows it.
fn element(bytes: &[u8], tag: u8) -> Option<(Element<'_>, &[u8])> {
    let (length, header) = match bytes {
        [found, ..] if *found != tag => return None,
        [_, short @ 0..=0x7f, ..] => (usize::from(*short), 2),
        [_, 0x81, length, ..] => (usize::from(*length), 3),
        [_, 0x82, high, low, ..] => (usize::from(u16::from_be_bytes([*high, *low])), 4),
        _ => return None,
    };
    let whole = bytes.get(..header + length)?;
    Some((Element { whole, content: whole.get(header..)? }, bytes.get(header + length..)?))
}
