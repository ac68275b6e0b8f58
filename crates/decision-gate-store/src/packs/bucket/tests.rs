//! Against a server that somebody else wrote, which speaks S3 over HTTP.

use decision_gate_services::S3;

use super::*;

fn credentials() -> Credentials {
    Credentials { key_id: S3::KEY_ID.to_owned(), secret: S3::SECRET.to_owned().into(), token: None }
}

fn settings(server: &S3, prefix: &str) -> BucketSettings {
    BucketSettings {
        bucket: S3::BUCKET.to_owned(),
        prefix: prefix.to_owned(),
        region: "eu-central-1".to_owned(),
        endpoint: Some(server.endpoint().to_owned()),
        allow_http: true,
        path_style: true,
        ca_file: None,
    }
}

fn files(texts: &[(&'static str, &'static str)]) -> Vec<(&'static str, &'static [u8])> {
    texts.iter().map(|(path, text)| (*path, text.as_bytes())).collect()
}

#[tokio::test]
async fn a_pack_is_read_back_as_it_was_written() {
    let Some(server) = S3::start().unwrap() else { return };
    let bucket = PackBucket::new(&settings(&server, "proofs/2026"), &credentials()).unwrap();
    let pack = files(&[("manifest.json", "{}"), ("attestations/a.json", "same"), ("b.json", "same"), ("empty", "")]);
    assert!(matches!(bucket.read("run-1").await, Err(PackStoreError::NotFound { .. })));
    let uploaded = bucket.write("run-1", pack.clone().into_iter()).await.unwrap();
    assert_eq!(uploaded, Uploaded { sent: 3, present: 0 });
    let read = bucket.read("run-1").await.unwrap();
    let found: Vec<_> = read.iter().map(|(path, _)| (path.to_owned(), read.bytes(path).unwrap().to_vec())).collect();
    let mut expected: Vec<_> = pack.iter().map(|(path, bytes)| ((*path).to_owned(), bytes.to_vec())).collect();
    expected.sort();
    assert_eq!(found, expected);
    // A second pack sends only what no pack had.
    let more = files(&[("manifest.json", "{}"), ("other.json", "new")]);
    assert_eq!(bucket.write("run-2", more.into_iter()).await.unwrap(), Uploaded { sent: 1, present: 1 });
}

#[tokio::test]
async fn a_pack_is_never_overwritten() {
    let Some(server) = S3::start().unwrap() else { return };
    let bucket = PackBucket::new(&settings(&server, ""), &credentials()).unwrap();
    let (one, other) = (files(&[("manifest.json", "1")]), files(&[("manifest.json", "2")]));
    bucket.write("run-1", one.clone().into_iter()).await.unwrap();
    // The same pack again is no other one: an export that was told too late that it had worked can be repeated.
    assert_eq!(bucket.write("run-1", one.into_iter()).await.unwrap(), Uploaded { sent: 0, present: 1 });
    let refused = bucket.write("run-1", other.clone().into_iter()).await.unwrap_err();
    assert_eq!(refused.code(), "pack_exists", "{refused}");
    // Who looked before the other's index was there is told by the server.
    let (first, second) = tokio::join!(
        bucket.write("race", files(&[("manifest.json", "3")]).into_iter()),
        bucket.write("race", other.into_iter())
    );
    let exists = |it: &Result<Uploaded, PackStoreError>| it.as_ref().is_err_and(|it| it.code() == "pack_exists");
    assert!(first.is_ok() != second.is_ok() && (exists(&first) || exists(&second)), "{first:?} {second:?}");
    for name in ["", "../run-1", "a/b", ".hidden"] {
        assert_eq!(bucket.read(name).await.unwrap_err().code(), "pack_name_invalid", "{name}");
    }
}

#[tokio::test]
async fn an_upload_goes_on_where_it_stopped_and_is_no_pack_before() {
    let Some(server) = S3::start().unwrap() else { return };
    let bucket = PackBucket::new(&settings(&server, "proofs"), &credentials()).unwrap();
    let pack = files(&[("a", "1"), ("b", "2"), ("c", "3"), ("manifest.json", "{}")]);
    // Two blobs arrived, then the sender died: nobody takes that for a pack.
    for text in ["1", "2"] {
        assert!(bucket.send(&Digest::of(text.as_bytes()).to_hex(), text.as_bytes()).await.unwrap());
    }
    assert_eq!(bucket.read("run-1").await.unwrap_err().code(), "pack_not_found");
    assert_eq!(bucket.write("run-1", pack.into_iter()).await.unwrap(), Uploaded { sent: 2, present: 2 });
    assert_eq!(bucket.read("run-1").await.unwrap().iter().count(), 4);
}

#[tokio::test]
async fn what_was_changed_in_the_bucket_is_found() {
    let Some(server) = S3::start().unwrap() else { return };
    let bucket = PackBucket::new(&settings(&server, "proofs"), &credentials()).unwrap();
    bucket.write("run-1", files(&[("manifest.json", "{}"), ("a", "true")]).into_iter()).await.unwrap();
    let blob = bucket.blob_key(&Digest::of(b"true").to_hex());
    for (bytes, says) in [("tru3", "does not have its digest"), ("true and more", "larger than it was")] {
        bucket.client.put(&blob, Bytes::from_static(bytes.as_bytes()).into()).await.unwrap();
        let refused = bucket.read("run-1").await.unwrap_err();
        assert_eq!(refused.code(), "pack_damaged");
        assert!(refused.to_string().contains(says), "{refused}");
    }
    bucket.client.delete(&blob).await.unwrap();
    assert!(bucket.read("run-1").await.unwrap_err().to_string().contains("is gone"));
    bucket.client.put(&bucket.index_key("run-1"), Bytes::from_static(b"{}").into()).await.unwrap();
    assert!(bucket.read("run-1").await.unwrap_err().to_string().contains("its index does not read"));
}

#[tokio::test]
async fn a_bucket_that_is_not_there_is_said() {
    let Some(server) = S3::start().unwrap() else { return };
    let missing = BucketSettings { bucket: "no-such-bucket".to_owned(), ..settings(&server, "") };
    let bucket = PackBucket::new(&missing, &credentials()).unwrap();
    let refused = bucket.write("run-1", files(&[("a", "1")]).into_iter()).await.unwrap_err();
    assert_eq!(refused.code(), "pack_store_unavailable", "{refused}");
    assert!(!refused.to_string().contains(S3::SECRET), "{refused}");

    let plain = BucketSettings { allow_http: false, ..settings(&server, "") };
    let refused = PackBucket::new(&plain, &credentials()).unwrap_err();
    assert!(refused.to_string().contains("plain `http`"), "{refused}");
}

#[tokio::test]
async fn packs_are_listed_page_by_page_and_what_is_none_is_passed_over() {
    let Some(server) = S3::start().unwrap() else { return };
    let bucket = PackBucket::new(&settings(&server, "proofs/2026"), &credentials()).unwrap();
    assert_eq!(bucket.names(None, 10).await.unwrap(), Vec::<String>::new());
    let names = ["run-1", "run-1-b", "run-1.c", "run-2", "zebra"];
    for name in names {
        bucket.write(name, files(&[("manifest.json", name)]).into_iter()).await.unwrap();
    }
    // Neither a pack that is still on its way, nor one of another prefix, nor a name that is none.
    for key in ["proofs/2026/packs/half/part", "proofs/packs/other/index.json", "proofs/2026/packs/a b/index.json"] {
        bucket.client.put(&Path::from(key), Bytes::from_static(b"{}").into()).await.unwrap();
    }
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let page = bucket.names(after.as_deref(), 2).await.unwrap();
        assert!(page.len() <= 2);
        let Some(last) = page.last().cloned() else { break };
        found.extend(page);
        after = Some(last);
    }
    found.sort();
    assert_eq!(found, names);
    let gone =
        PackBucket::new(&BucketSettings { bucket: "missing".to_owned(), ..settings(&server, "") }, &credentials());
    assert_eq!(gone.unwrap().names(None, 10).await.unwrap_err().code(), "pack_store_unavailable");
}
