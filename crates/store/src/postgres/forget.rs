//! Forgetting people and whole conversations, and finding where somebody has left a trace. What is removed is out of
//! SQL's reach at once; PostgreSQL's own cleaning gives its room to others.

use hearken_core::event::Audience;
use hearken_core::ids::{AccountId, ConversationId, Seq};
use hearken_core::store::Forget;

use super::error::Failure;
use super::link::{Ask, Link, values};
use super::rows::{limit, place};

const UPTO: &str = "select max(seq) from (select seq from events where conversation = $1 and seq > $2 order by seq \
    limit $3) part";
const AUDIENCES: &str = "select arrival, audience from events where conversation = $1 and seq > $2 and seq <= $3 \
    and audience is not null";
const AUDIENCE: &str = "update events set audience = $2 where arrival = $1";
const REMOVE: &str = "delete from events where conversation = $1 and seq > $2 and seq <= $3 \
    and ($4::uuid is null or author = $4)";
const BLANK: &str = "update events set author = null, origin = null, audience = null, body = null, client_key = null, \
    digest = null, pending = case when pending is null then null else ''::bytea end \
    where conversation = $1 and seq > $2 and seq <= $3 and ($4::uuid is null or author = $4)";

/// Takes away events of a bounded part; answers up to where it has looked. In a transaction that has locked the
/// conversation.
pub(super) async fn part(link: &Link, forget: &Forget, most: usize) -> Result<Option<Seq>, Failure> {
    let id = forget.conversation.0;
    let upto = link.ask(Ask::new(UPTO, values![id, place(forget.after), limit(most)])).await?;
    let Some(upto) = upto.first().and_then(|row| row.get::<_, Option<i64>>(0)) else { return Ok(None) };
    events(link, forget, upto).await?;
    link.ask(Ask::new("update conversations set stamp = stamp + 1 where id = $1", values![id])).await?;
    Ok(Some(upto as Seq))
}

/// Takes away everything that is left to be forgotten.
pub(super) async fn rest(link: &Link, forget: &Forget) -> Result<(), Failure> {
    events(link, forget, i64::MAX).await?;
    let asks = match forget.account {
        Some(account) => person(forget.conversation, account),
        None => conversation(forget.conversation),
    };
    link.flush(asks).await.map(drop)
}

async fn events(link: &Link, forget: &Forget, upto: i64) -> Result<(), Failure> {
    let Forget { conversation, account, gaps, after } = forget;
    let (id, after) = (conversation.0, place(*after));
    let mut asks = Vec::new();
    if let Some(account) = account {
        for row in link.ask(Ask::new(AUDIENCES, values![id, after, upto])).await? {
            let left = Audience::kept_without(row.get::<_, &str>(1).as_bytes(), *account);
            if let Some(json) = left.and_then(|left| String::from_utf8(left).ok()) {
                asks.push(Ask::new(AUDIENCE, values![row.get::<_, i64>(0), json]));
            }
        }
    }
    let whose = account.map(|account| account.0);
    asks.push(Ask::new(if *gaps { REMOVE } else { BLANK }, values![id, after, upto, whose]));
    link.flush(asks).await.map(drop)
}

fn person(id: ConversationId, account: AccountId) -> Vec<Ask<'static>> {
    vec![
        Ask::new("delete from members where conversation = $1 and account = $2", values![id.0, account.0]),
        // The batch has raised the stamp already.
        Ask::new("update conversations set members_stamp = stamp where id = $1", values![id.0]),
        Ask::new(
            "delete from notices where conversation = $1 and (account = $2 or position($3::bytea in body) > 0)",
            values![id.0, account.0, account.to_string().into_bytes()],
        ),
    ]
}

fn conversation(id: ConversationId) -> Vec<Ask<'static>> {
    let statements = [
        "delete from events where conversation = $1",
        "delete from members where conversation = $1",
        "delete from index_rows where conversation = $1",
        "delete from timers where conversation = $1",
        "delete from notices where conversation = $1",
        "delete from clearings where conversation = $1",
        "delete from conversations where id = $1",
    ];
    statements.map(|sql| Ask::new(sql, values![id.0])).into()
}
