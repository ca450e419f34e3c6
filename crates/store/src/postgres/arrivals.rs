//! What has come lately, for a node that was not told.

use std::sync::Arc;

use futures_util::FutureExt as _;
use hearken_core::account::Account;
use hearken_core::ids::{AccountId, ConversationId, NoticeId, Seq};
use hearken_core::store::{Grown, StoreFuture, StoredEvent};
use hearken_core::{Conversation, Notice, Registry};
use tokio_postgres::Row;
use uuid::Uuid;

use super::link::{Ask, values};
use super::rows::{self, limit, place};
use super::{PostgresStore, notices};

/// With an upper bound too, the planner takes it for the few rows that it is, whatever the numbers are.
const GROWN: &str = "select conversation, min(seq), max(seq) from events where arrival > $1 \
    and arrival <= (select max(arrival) from events) and conversation > $2 \
    group by conversation order by conversation limit $3";
const ARRIVED: &str = concat!(
    "select ",
    rows::event_columns!(),
    " from (select * from events l where l.conversation = $1 and l.seq <= $2 order by l.seq desc limit $3) e \
     where e.arrival > $4 order by e.seq"
);
const NOTICES: &str = "select n.place, n.id, n.at, n.version, n.body, c.id, c.kind, c.organisation, c.key, n.account \
    from notices n join conversations c on c.id = n.conversation where n.id > $1 and c.kind = any($2) \
    order by n.id limit $3";

impl PostgresStore {
    pub(super) fn highest_arrival(&self) -> StoreFuture<'_, i64> {
        Box::pin(async move {
            let ask = || Ask::plain("select coalesce(max(arrival), 0) from events");
            let found = self.rows(ask, |row| Ok(row.get::<_, i64>(0))).await?;
            Ok(found.first().copied().unwrap_or(0))
        })
    }

    pub(super) fn grown_since(
        &self,
        arrived: i64,
        after: Option<ConversationId>,
        most: usize,
    ) -> StoreFuture<'_, Vec<Grown>> {
        let after = after.map_or_else(Uuid::nil, |id| id.0);
        let ask = move || Ask::new(GROWN, values![arrived, after, limit(most)]);
        let grown = |row: Row| {
            Ok(Grown {
                conversation: ConversationId(row.get(0)),
                first: row.get::<_, i64>(1) as Seq,
                last: row.get::<_, i64>(2) as Seq,
            })
        };
        self.rows(ask, grown).boxed()
    }

    pub(super) fn arrived_since<'a>(
        &'a self,
        conversation: &'a Conversation,
        arrived: i64,
        upto: Seq,
        most: usize,
    ) -> StoreFuture<'a, Vec<StoredEvent>> {
        let identity = &conversation.identity;
        let ask = move || Ask::new(ARRIVED, values![identity.id.0, place(upto), limit(most), arrived]);
        self.rows(ask, |row| rows::event(&row, 0, identity)).boxed()
    }

    pub(super) fn notices_after<'a>(
        &'a self,
        registry: &'a Registry,
        after: NoticeId,
        most: usize,
    ) -> StoreFuture<'a, Vec<Arc<Notice>>> {
        Box::pin(async move {
            let kinds: Vec<&'static str> = registry.names().collect();
            let ask = || Ask::new(NOTICES, values![after.0, kinds.as_slice(), limit(most)]);
            let notice = |row: Row| Ok(notices::notice(&row, AccountId(row.get(9)), &kinds));
            let found = self.rows(ask, notice).await?;
            Ok(found.into_iter().flatten().map(|kept| kept.notice).collect())
        })
    }

    pub(super) fn accounts_of<'a>(&'a self, ids: &'a [AccountId]) -> StoreFuture<'a, Vec<Account>> {
        let ask = move || {
            let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
            Ask::new(rows::select_accounts!("where id = any($1)"), values![ids])
        };
        self.rows(ask, |row| rows::account(&row)).boxed()
    }
}
