//! Connections to the server, and asking it several things at once: whatever is known beforehand goes out together, and
//! the answers come back together.

use std::collections::HashMap;
use std::future::poll_fn;
use std::task::Poll;
use std::time::Duration;

use futures_util::future::BoxFuture;
use parking_lot::Mutex;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Config, Error, Row, Statement};

use super::PostgresError;
use super::address::Address;
use super::error::{Failure, words};
use super::tls::Tls;

/// How long an answer may take. The server gives up earlier.
const ANSWERING: Duration = Duration::from_secs(7);
/// The same for what looks at everything there is.
const LONG: Duration = Duration::from_mins(30);

/// What a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Commits: what they have locked nobody else gets, so the server ends what takes long.
    Writing,
    /// Reads of people's own.
    Reading,
    /// Leases and lines: small, and worthless when late.
    Keeping,
    /// Questions about everything there is, and migrations.
    Upkeep,
}

impl Purpose {
    /// What is said to the server first. Every statement of a committer finds its rows by an index; the planner, which
    /// plans them once, may do so while the tables are still empty, and is therefore told.
    fn settings(self) -> &'static str {
        match self {
            Self::Writing => {
                "set statement_timeout = '5s'; set lock_timeout = '4s'; \
                 set idle_in_transaction_session_timeout = '3s'; set plan_cache_mode = force_generic_plan; \
                 set enable_seqscan = off; set enable_hashjoin = off; set enable_mergejoin = off; set jit = off; \
                 select set_config('synchronous_commit', 'on', false) \
                 where current_setting('synchronous_commit') = 'off'"
            }
            Self::Reading => {
                "set statement_timeout = '6s'; set default_transaction_read_only = on; \
                 set plan_cache_mode = force_generic_plan; set enable_seqscan = off; set jit = off"
            }
            Self::Keeping => {
                "set statement_timeout = '3s'; set lock_timeout = '2s'; \
                 set idle_in_transaction_session_timeout = '3s'; set plan_cache_mode = force_generic_plan; \
                 set enable_seqscan = off; set jit = off"
            }
            Self::Upkeep => "set jit = off",
        }
    }

    fn patience(self) -> Duration {
        if self == Self::Upkeep { LONG } else { ANSWERING }
    }
}

/// Makes connections.
pub(super) struct Dialler {
    config: Config,
    tls: Tls,
}

impl Dialler {
    pub(super) fn new(url: &str) -> Result<Self, PostgresError> {
        let address = Address::read(url)?;
        let tls = Tls::new(&address)?;
        Ok(Self { config: address.config, tls })
    }

    /// Makes one, or fails within some seconds.
    pub(super) async fn dial(&self, purpose: Purpose) -> Result<Link, Failure> {
        let dialling = async {
            let (client, connection) = self.config.connect(self.tls.clone()).await?;
            tokio::spawn(async move {
                // Whoever asks next hears that it has ended.
                let _ = connection.await;
            });
            client.batch_execute(purpose.settings()).await?;
            Ok(client)
        };
        let client: Result<Client, Error> =
            tokio::time::timeout(ANSWERING, dialling).await.map_err(|_| late())?;
        let client = client.map_err(|error| Failure::Broken(words(&error)))?;
        Ok(Link { client, statements: Mutex::default(), patience: purpose.patience() })
    }
}

/// One thing to ask: a statement, which the connection prepares once, and its values.
pub(super) struct Ask<'a> {
    pub(super) sql: &'static str,
    pub(super) values: Vec<Value<'a>>,
    /// How many rows must come of it.
    pub(super) rows: Expect,
}

/// A value of a statement.
pub(super) type Value<'a> = Box<dyn ToSql + Sync + Send + 'a>;

/// How many rows must come, for what was seen before to hold still.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expect {
    Any,
    One,
    None,
}

impl Expect {
    pub(super) fn holds(self, rows: usize) -> bool {
        match self {
            Self::Any => true,
            Self::One => rows == 1,
            Self::None => rows == 0,
        }
    }
}

impl<'a> Ask<'a> {
    pub(super) fn new(sql: &'static str, values: Vec<Value<'a>>) -> Self {
        Self { sql, values, rows: Expect::Any }
    }

    pub(super) fn expecting(sql: &'static str, values: Vec<Value<'a>>, rows: Expect) -> Self {
        Self { sql, values, rows }
    }

    /// Without values.
    pub(super) fn plain(sql: &'static str) -> Self {
        Self::new(sql, Vec::new())
    }
}

/// Boxes values for an [`Ask`].
macro_rules! values {
    ($($value:expr),* $(,)?) => { vec![$(Box::new($value) as $crate::postgres::link::Value<'_>),*] };
}
pub(super) use values;

/// A connection. It may be asked by many at once.
pub(super) struct Link {
    client: Client,
    statements: Mutex<HashMap<&'static str, Statement>>,
    patience: Duration,
}

impl Link {
    /// Whether nothing more can be asked.
    pub(super) fn is_closed(&self) -> bool {
        self.client.is_closed()
    }

    /// Asks one thing.
    pub(super) async fn ask(&self, ask: Ask<'_>) -> Result<Vec<Row>, Failure> {
        Ok(self.flush(vec![ask]).await?.pop().unwrap_or_default())
    }

    /// Asks all of these, in order, without waiting in between; answers with the rows of each. If one fails, that is the
    /// answer, and what comes after it has been refused if they are in a transaction.
    pub(super) async fn flush(&self, asks: Vec<Ask<'_>>) -> Result<Vec<Vec<Row>>, Failure> {
        let answers = tokio::time::timeout(self.patience, self.send(asks)).await.map_err(|_| late())?;
        Ok(answers?.into_iter().collect::<Result<_, _>>()?)
    }

    /// Carries out statements that need no preparing and bring nothing.
    pub(super) async fn run(&self, sql: &str) -> Result<(), Failure> {
        let done = tokio::time::timeout(self.patience, self.client.batch_execute(sql)).await;
        Ok(done.map_err(|_| late())??)
    }

    async fn send(&self, asks: Vec<Ask<'_>>) -> Result<Vec<Result<Vec<Row>, Error>>, Error> {
        let mut statements = Vec::with_capacity(asks.len());
        for ask in &asks {
            statements.push(self.prepared(ask.sql).await?);
        }
        let asking = asks.iter().zip(statements).map(|(ask, statement)| -> BoxFuture<'_, _> {
            Box::pin(async move {
                let values: Vec<&(dyn ToSql + Sync)> =
                    ask.values.iter().map(|value| &**value as &(dyn ToSql + Sync)).collect();
                self.client.query(&statement, &values).await
            })
        });
        Ok(in_order(asking.collect()).await)
    }

    async fn prepared(&self, sql: &'static str) -> Result<Statement, Error> {
        if let Some(known) = self.statements.lock().get(sql) {
            return Ok(known.clone());
        }
        let statement = self.client.prepare(sql).await?;
        self.statements.lock().insert(sql, statement.clone());
        Ok(statement)
    }
}

fn late() -> Failure {
    Failure::Broken("no answer has come in time".to_owned())
}

/// Polls all of them, always in this order: a question goes out when its future is first polled.
async fn in_order<T>(mut futures: Vec<BoxFuture<'_, T>>) -> Vec<T> {
    let mut done: Vec<Option<T>> = futures.iter().map(|_| None).collect();
    poll_fn(|context| {
        let mut pending = false;
        for (future, done) in futures.iter_mut().zip(&mut done) {
            if done.is_none() {
                match future.as_mut().poll(context) {
                    Poll::Ready(answer) => *done = Some(answer),
                    Poll::Pending => pending = true,
                }
            }
        }
        if pending { Poll::Pending } else { Poll::Ready(()) }
    })
    .await;
    done.into_iter().flatten().collect()
}
