//! A bucket: where its objects lie, with whose credentials, and what is said when it refuses.

use bytes::Bytes;
use hearken_core::attachments::{AttachmentError, Attachments as _};
use hearken_store::attachments::{AttachmentPlace, ObjectAttachments};

use crate::stand_in::StandIn;
use crate::suite::{self, name, names, words};

fn open(bucket: &str, prefix: &str, url: &str, more: &[(&str, &str)]) -> ObjectAttachments {
    let place = AttachmentPlace::Bucket { name: bucket.into(), prefix: prefix.into() };
    let variables = [
        ("AWS_ACCESS_KEY_ID", "AKEXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "hush"),
        ("AWS_ENDPOINT_URL", url),
        ("AWS_BUCKET", "another"),
        ("PATH", "/bin"),
    ];
    let variables = variables.iter().chain(more).map(|(name, value)| ((*name).into(), (*value).into()));
    ObjectAttachments::open(&place, variables).expect("a bucket")
}

#[tokio::test]
async fn it_holds_to_the_suite() {
    for prefix in ["", "hearken", "a/b"] {
        let s3 = StandIn::start().await;
        let place = open("care", prefix, &s3.url, &[]);
        suite::run(&place).await;
        assert!(s3.objects.lock().is_empty(), "nothing is left");
    }
}

#[tokio::test]
async fn objects_lie_below_the_prefix_and_requests_are_signed() {
    let s3 = StandIn::start().await;
    let place = open("care", "clinic", &s3.url, &[("AWS_REGION", "eu-central-1")]);
    let strangers = ["clinic-2/x", "clinic/README", "other", "clinic/a/b/c"];
    for stranger in strangers {
        s3.objects.lock().insert(stranger.into(), Bytes::new());
    }
    place.put(name(1, 2), words("hush")).await.unwrap();
    let key = format!("clinic/{}", name(1, 2));
    let object = s3.objects.lock().get(&key).cloned();
    assert_eq!(object.as_deref(), Some(&b"text/plain; charset=utf-8\nhush"[..]));
    assert_eq!(names(&place, None).await, [name(1, 2)]);
    assert_eq!(place.delete_all_of(name(1, 2).owner).await, Ok(1));
    assert_eq!(s3.objects.lock().len(), strangers.len(), "what is not ours stays");
    let credentials = s3.credentials.lock();
    assert!(credentials.len() >= 3);
    for shown in credentials.iter() {
        assert!(shown.starts_with("AWS4-HMAC-SHA256 Credential=AKEXAMPLE/"), "{shown}");
        assert!(shown.contains("/eu-central-1/s3/aws4_request"), "{shown}");
    }
}

#[tokio::test]
async fn a_bucket_that_refuses_is_said_on_one_line_without_secrets() {
    let s3 = StandIn::start().await;
    let gone = open("nowhere", "", &s3.url, &[]);
    let refusing = open("care", "", &s3.url, &[]);
    let free = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let nobody = open("care", "", &format!("http://{}", free.local_addr().unwrap()), &[]);
    drop(free);
    *s3.refusal.lock() = Some(403);
    for place in [&gone, &refusing, &nobody] {
        let AttachmentError::Unavailable(why) = place.check().await.unwrap_err() else {
            panic!("unreachable")
        };
        assert!(!why.is_empty() && why.len() <= 200 && !why.contains(['\n', '\r']), "{why:?}");
        assert!(!why.contains("hush") && !why.contains("AKEXAMPLE"), "{why}");
        assert!(place.get(name(1, 1)).await.is_err() && place.delete_all_of(name(1, 1).owner).await.is_err());
    }
    *s3.refusal.lock() = None;
    assert!(gone.check().await.is_err());
    assert_eq!(refusing.check().await, Ok(()));
}
