//! A bucket of S3, or of anything that speaks its language, such as `MinIO`. What the usual tools take from `AWS_…`
//! variables is taken from there: credentials, region, endpoint.

use std::time::Duration;

use hearken_core::attachments::AttachmentError;
use object_store::aws::{AmazonS3, AmazonS3Builder, AmazonS3ConfigKey};
use object_store::{ClientOptions, RetryConfig};

use super::unavailable;

/// How long one request may take: 16 MiB over a slow line.
const ANSWER: Duration = Duration::from_mins(1);
const CONNECT: Duration = Duration::from_secs(3);
/// How often a request that failed is tried again, and until when.
const TRIES: usize = 2;
const PATIENCE: Duration = Duration::from_secs(20);

/// Opens a bucket; nothing is asked of it.
pub(super) fn open(
    name: &str,
    variables: impl IntoIterator<Item = (String, String)>,
) -> Result<AmazonS3, AttachmentError> {
    let options = ClientOptions::new().with_timeout(ANSWER).with_connect_timeout(CONNECT);
    let retry = RetryConfig { max_retries: TRIES, retry_timeout: PATIENCE, ..RetryConfig::default() };
    let mut builder = AmazonS3Builder::new()
        .with_client_options(options)
        .with_retry(retry)
        // Not everybody who speaks the language knows how to remove several at once.
        .with_disable_bulk_delete(true);
    for (variable, value) in variables {
        let key = variable.starts_with("AWS_").then(|| variable.to_ascii_lowercase().parse().ok()).flatten();
        match key {
            // Which bucket is said by the setting.
            None | Some(AmazonS3ConfigKey::Bucket) => continue,
            // Whoever names an address without TLS means it.
            Some(AmazonS3ConfigKey::Endpoint | AmazonS3ConfigKey::S3Endpoint)
                if value.starts_with("http:") =>
            {
                builder = builder.with_allow_http(true);
            }
            Some(_) => {}
        }
        if let Some(key) = key {
            builder = builder.with_config(key, value);
        }
    }
    builder.with_bucket_name(name).build().map_err(unavailable)
}
