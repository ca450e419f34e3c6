//! Notices: kept in the order in which they came, each person's apart.

use std::sync::Arc;

use hearken_core::clock::from_millis;
use hearken_core::ids::{AccountId, ConversationId, NoticeId, OrganisationId};
use hearken_core::{Body, Identity, KeptNotice, MOST_NOTICES, Notice};
use tokio_postgres::Row;
use uuid::Uuid;

use super::link::{Ask, values};
use super::rows::{limit, place};

const WRITE: &str = "insert into notices (account, id, conversation, at, version, body) \
    select * from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::int8[], $5::int4[], $6::bytea[])";
/// Of whoever has too many, the oldest go. Where the bound lies is looked up once for each person.
const BOUND: &str = "with bound as materialized (select w.account, (select n.place from notices n \
    where n.account = w.account order by n.place desc offset $2 limit 1) place from unnest($1::uuid[]) w(account)) \
    delete from notices n using bound b where n.account = b.account and n.place <= b.place";
const PASSED: &str = "delete from notices where id = any($1)";
const READ: &str = "select n.place, n.id, n.at, n.version, n.body, c.id, c.kind, c.organisation, c.key \
    from notices n join conversations c on c.id = n.conversation \
    where n.account = $1 and n.place > $2 and c.kind = any($3) order by n.place limit $4";

pub(super) fn write(notices: &[Arc<Notice>]) -> Vec<Ask<'_>> {
    if notices.is_empty() {
        return Vec::new();
    }
    let column = |of: fn(&Notice) -> Uuid| notices.iter().map(|notice| of(notice)).collect::<Vec<_>>();
    let mut accounts = column(|notice| notice.account.0);
    let written = values![
        accounts.clone(),
        column(|notice| notice.id.0),
        column(|notice| notice.conversation.id.0),
        notices.iter().map(|notice| notice.at.as_millisecond()).collect::<Vec<_>>(),
        notices.iter().map(|notice| i32::from(notice.body.version())).collect::<Vec<_>>(),
        notices.iter().map(|notice| notice.body.json()).collect::<Vec<_>>(),
    ];
    accounts.sort_unstable();
    accounts.dedup();
    vec![Ask::new(WRITE, written), Ask::new(BOUND, values![accounts, place(MOST_NOTICES)])]
}

pub(super) fn forget(passed: &[NoticeId]) -> Option<Ask<'_>> {
    let ids: Vec<Uuid> = passed.iter().map(|id| id.0).collect();
    (!ids.is_empty()).then(|| Ask::new(PASSED, values![ids]))
}

pub(super) fn read<'a>(account: AccountId, kinds: &'a [&'static str], after: u64, most: usize) -> Ask<'a> {
    Ask::new(READ, values![account.0, place(after), kinds, limit(most)])
}

pub(super) fn notice(row: &Row, account: AccountId, kinds: &[&'static str]) -> Option<KeptNotice> {
    let name: &str = row.get(6);
    let conversation = Identity {
        id: ConversationId(row.get(5)),
        kind: kinds.iter().find(|kind| **kind == name)?,
        organisation: OrganisationId(row.get(7)),
        key: row.get::<_, Option<&str>>(8).map(Arc::from),
    };
    let notice = Notice {
        id: NoticeId(row.get(1)),
        account,
        conversation: Arc::new(conversation),
        at: from_millis(row.get(2)),
        origin: None,
        kept: true,
        body: Body::stored(row.get::<_, i32>(3) as u16, row.get(4)),
    };
    Some(KeptNotice { place: row.get::<_, i64>(0) as u64, notice: Arc::new(notice) })
}
