//! Which page of a list is asked for, and where it lies (common.md: `page`/`limit`, and `metadata` beside `data`).

use axum::extract::{FromRequestParts, Query};
use http::request::Parts;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use super::Failure;

/// The rows of a page when nothing is said.
const USUAL: u32 = 20;
/// The most rows of a page; whoever asks for more gets these.
const MOST: u32 = 100;

/// Which page: an extractor of the query. What is no positive number is 400 and names the parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Paging {
    /// The page, from 1.
    #[param(default = 1, minimum = 1, required = false)]
    page: u64,
    /// The rows of a page; over 100 counts as 100.
    #[param(default = 20, minimum = 1, required = false)]
    limit: u32,
}

/// Where a page lies in its list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Metadata {
    /// The page, from 1.
    pub page: u64,
    /// The most rows of a page.
    pub limit: u32,
    /// The rows of the list.
    pub total: u64,
    /// The pages of the list.
    pub total_pages: u64,
    /// Whether rows follow.
    pub has_next_page: bool,
    /// Whether rows come before.
    pub has_prev_page: bool,
}

impl Default for Paging {
    fn default() -> Self {
        Self { page: 1, limit: USUAL }
    }
}

impl Paging {
    /// What a query asks for.
    fn read(pairs: &[(String, String)]) -> Result<Self, Failure> {
        let given = |name| pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        let number = |name, usual| match given(name) {
            None => Ok(usual),
            Some(text) => positive(text).ok_or_else(|| Failure::field(name, "must be a positive number")),
        };
        let limit = number("limit", u64::from(USUAL))?.min(u64::from(MOST));
        Ok(Self { page: number("page", 1)?, limit: limit as u32 })
    }

    /// How many rows come before the page.
    pub fn skip(self) -> u64 {
        (self.page - 1).saturating_mul(u64::from(self.limit))
    }

    /// The most rows of the page.
    pub fn limit(self) -> usize {
        self.limit as usize
    }

    /// Where the page lies in a list of `total` rows.
    pub fn metadata(self, total: u64) -> Metadata {
        let Self { page, limit } = self;
        let total_pages = total.div_ceil(u64::from(limit));
        let (has_next_page, has_prev_page) = (page < total_pages, page > 1 && total > 0);
        Metadata { page, limit, total, total_pages, has_next_page, has_prev_page }
    }
}

/// A number of digits that is not zero. One that fits no integer stands for the largest.
fn positive(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().unwrap_or(u64::MAX)).filter(|number| *number > 0)
}

impl<S: Sync> FromRequestParts<S> for Paging {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        let pairs = Query::<Vec<(String, String)>>::try_from_uri(&parts.uri);
        let Query(pairs) = pairs.map_err(|_| Failure::Refused("The query can't be read.".into()))?;
        Self::read(&pairs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn check(query: &str, expect: Result<(u64, u32), &str>) {
        let (mut parts, ()) =
            http::Request::get(format!("/list?{query}")).body(()).expect("valid").into_parts();
        let found = Paging::from_request_parts(&mut parts, &()).await;
        let expect = expect
            .map(|(page, limit)| Paging { page, limit })
            .map_err(|field| Failure::field(field.to_owned(), "must be a positive number"));
        assert_eq!(found, expect, "{query}");
    }

    #[tokio::test]
    async fn a_page_is_a_positive_number_and_a_limit_one_up_to_100() {
        check("", Ok((1, 20))).await;
        check("page=3&limit=7", Ok((3, 7))).await;
        check("limit=100", Ok((1, 100))).await;
        check("limit=101&page=007", Ok((7, 100))).await;
        check("limit=99999999999999999999999", Ok((1, 100))).await;
        check("page=99999999999999999999999", Ok((u64::MAX, 20))).await;
        check("page=%32&other=x&page=5", Ok((2, 20))).await;
        for wrong in ["0", "-1", "", "1.5", "1e3", "abc", "%2B5", "+5", "%201", "0x1", "%D9%A1", "%FF", "000"]
        {
            check(&format!("page={wrong}"), Err("page")).await;
            check(&format!("limit={wrong}"), Err("limit")).await;
        }
        check("page", Err("page")).await;
    }

    #[test]
    fn metadata_says_where_the_page_lies() {
        #[track_caller]
        fn check((page, limit): (u64, u32), total: u64, skip: u64, expect: (u64, bool, bool)) {
            let paging = Paging { page, limit };
            let found = paging.metadata(total);
            assert_eq!((found.page, found.limit, found.total, paging.skip()), (page, limit, total, skip));
            assert_eq!((found.total_pages, found.has_next_page, found.has_prev_page), expect, "{found:?}");
        }
        check((1, 20), 0, 0, (0, false, false));
        check((1, 20), 20, 0, (1, false, false));
        check((1, 20), 21, 0, (2, true, false));
        check((2, 20), 21, 20, (2, false, true));
        check((9, 20), 21, 160, (2, false, true));
        check((9, 20), 0, 160, (0, false, false));
        check((u64::MAX, 100), u64::MAX, u64::MAX, (u64::MAX / 100 + 1, false, true));
    }
}
