//! The database: a `SQLite` file for one process, or `PostgreSQL` for several. The statements are the same; `@now` is
//! the database's own clock.
//!
//! A write is executed, and told by its commit: sqlx's `fetch_one` and `fetch_optional` stop at the first row, which
//! comes before the commit, and drop its error. Each statement has a time limit, after which its connection is closed.

mod open;
mod rows;

use std::time::Duration;

use paypos::PaymentSession;
use scopeguard::ScopeGuard;
use sqlx::{
    AssertSqlSafe, Connection, Database, Encode, PgPool, Postgres, Sqlite, SqlitePool, Type,
    database::HasStatementCache, query::Query,
};
use tokio::time::timeout;

use crate::{
    orders::millis,
    orders::{Key, Kind, Payment, State},
};

use self::open::File;

/// How long a statement may take.
// Guard: bad_days::a_connection_that_goes_dark_stops_nothing_for_ever
// Guard: bad_days::a_statement_that_the_database_does_not_end_is_given_up
const STATEMENT: Duration = Duration::from_secs(5);
/// How many rows a list has at most.
const MAX_LIST: i64 = 1_000;
const COLUMNS: &str = "reference, kind, attempt, terminal, amount, reversal_of, state, reason, payment_session, \
     deeplink_url, encryption_key, transaction_id, is_declined, created_at, decided_at, due_at, looks, is_resolved, \
     version";
/// The rows of payments that may be posted again: see [`Payment::may_be_posted_again`].
const NOTHING_HAPPENED: &str =
    "(state IN ('not_sent', 'rejected', 'released') OR (state = 'declined' AND kind = 'refund'))";

pub(crate) struct Store {
    pool: Pool,
    /// The file of `SQLite`.
    file: Option<File>,
    /// How long a payment is leased to one process, in milliseconds.
    lease: i64,
}

enum Pool {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

/// A value of a statement.
enum Arg {
    Number(Option<i64>),
    Text(Option<String>),
}

/// Who has changed a payment.
#[derive(Clone, Copy, strum::Display)]
#[strum(serialize_all = "snake_case")]
pub(crate) enum By {
    App,
    Backend,
    Operator,
}

/// A change of a payment.
pub(crate) struct Event {
    pub(crate) at: i64,
    pub(crate) attempt: i64,
    pub(crate) state: String,
    pub(crate) by: String,
    pub(crate) reason: Option<String>,
    pub(crate) payment_session_id: Option<String>,
    pub(crate) transaction_id: Option<String>,
}

/// That a payment has changed: its reference, kind, attempt and version.
pub(crate) type Change = (String, String, i64, i64);

/// What monitoring asks for.
pub(crate) struct Figures {
    pub(crate) needs_attention: i64,
    pub(crate) unfinished: i64,
    /// In milliseconds since 1970.
    pub(crate) oldest_initiating: Option<i64>,
    pub(crate) overdue: i64,
}

/// A payment, or why its row cannot be read: one that a newer version has written hides no other.
pub(crate) type Read = Result<Payment, Unreadable>;

pub(crate) struct Unreadable {
    pub(crate) reference: String,
    pub(crate) kind: String,
    pub(crate) attempt: i64,
    pub(crate) state: String,
    pub(crate) problem: sqlx::Error,
}

/// Does the same with either pool; `Db` is its kind of database.
macro_rules! with_pool {
    ($store:expr, $pool:ident => $do:expr) => {
        match &$store.pool {
            Pool::Sqlite($pool) => {
                #[allow(dead_code, reason = "not everything names it")]
                type Db = Sqlite;
                $do
            }
            Pool::Postgres($pool) => {
                #[allow(dead_code, reason = "not everything names it")]
                type Db = Postgres;
                $do
            }
        }
    };
}

/// Uses a connection for a limited time. After an error it is closed: it may have gone dark, or sqlx may take it for one
/// within a transaction that `SQLite` has ended, and then commits nothing more.
///
/// When a connection returns to the pool, sqlx pings it without a timeout. The guard adds one, even if the caller is dropped.
// Guard: bad_days::on_a_full_disk_nothing_is_sent_and_it_says_that_it_is_not_ready
// Guard: torture::nothing_is_lost_on_sqlite_by_one_process_that_is_killed
// Guard: bad_days::a_connection_that_goes_dark_as_it_is_given_back_is_not_waited_for
macro_rules! within_time {
    ($pool:expr, $connection:ident => $do:expr) => {{
        let mut held = scopeguard::guard($pool.acquire().await?, |mut held| {
            tokio::spawn(timeout(STATEMENT, held.return_to_pool()));
        });
        let done = {
            let $connection = &mut **held;
            timeout(STATEMENT, async { $do }).await
        };
        let done = done.unwrap_or(Err(sqlx::Error::PoolTimedOut));
        if done.is_err() {
            drop(ScopeGuard::into_inner(held).detach());
        }
        done
    }};
}

macro_rules! args {
    ($($value:expr),* $(,)?) => { vec![$(Arg::from($value)),*] };
}

/// Reads all rows of a statement, in a transaction: sqlx prepares it before it executes it, and `pgbouncer` may pass the
/// two to different connections.
// Guard: bad_days::pgbouncer_may_pass_each_transaction_to_another_connection
macro_rules! rows {
    ($store:expr, $sql:expr, $args:expr, $read:path) => {{
        let (sql, args): (String, Vec<Arg>) = ($store.sql(&$sql), $args);
        with_pool!($store, pool => {
            let rows = within_time!(pool, connection => {
                let mut transaction = connection.begin_with("BEGIN").await?;
                let rows = bound::<Db>(sql, args).fetch_all(&mut *transaction).await?;
                transaction.commit().await?;
                Ok(rows)
            })?;
            rows.iter().map($read).collect::<sqlx::Result<Vec<_>>>()
        })
    }};
}

impl Store {
    /// Writes in one transaction: the first statement, and the others if it has changed a row. Returns whether it has.
    async fn write(&self, statements: Vec<(String, Vec<Arg>)>) -> sqlx::Result<bool> {
        with_pool!(self, pool => within_time!(pool, connection => {
            // Refused within another one, which would take its commit for a savepoint's.
            let mut transaction = connection.begin_with("BEGIN").await?;
            let mut has_changed = false;
            for (sql, args) in statements {
                let statement = bound::<Db>(self.sql(&sql), args);
                let done = statement.execute(&mut *transaction).await?;
                has_changed |= done.rows_affected() > 0;
                if !has_changed {
                    break;
                }
            }
            // Guard: crash::nothing_is_sent_whose_claim_postgresql_did_not_commit
            transaction.commit().await?;
            Ok(has_changed)
        }))
    }

    fn sql(&self, sql: &str) -> String {
        let now = match self.pool {
            Pool::Sqlite(_) => "CAST(unixepoch('now', 'subsec') * 1000 AS INTEGER)",
            Pool::Postgres(_) => "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)",
        };
        sql.replace("@now", now).replace("@columns", COLUMNS).replace("@nothing_happened", NOTHING_HAPPENED)
    }

    /// Reads the database's clock, in milliseconds since 1970.
    pub(crate) async fn now(&self) -> sqlx::Result<i64> {
        let now = rows!(self, "SELECT @now AS number", args![], rows::number)?;
        now.into_iter().next().ok_or(sqlx::Error::RowNotFound)
    }

    /// Returns whether other processes may use it as well.
    pub(crate) fn is_shared(&self) -> bool {
        matches!(self.pool, Pool::Postgres(_))
    }

    /// Returns whether what is written goes where it was opened: not into a file that was moved or deleted.
    // Guard: bad_days::a_file_that_was_moved_takes_no_payment
    pub(crate) fn is_its_file(&self) -> bool {
        self.file.as_ref().is_none_or(File::is_there)
    }

    /// Writes something, which says whether a payment could be recorded.
    pub(crate) async fn can_record(&self) -> sqlx::Result<()> {
        self.write(vec![("UPDATE paynet SET checked_at = @now".to_owned(), args![])]).await.map(drop)
    }

    async fn environments(&self) -> sqlx::Result<Vec<String>> {
        rows!(self, "SELECT environment AS reference FROM paynet", args![], rows::reference)
    }

    /// Claims the next attempt. Returns `None` if an attempt may have happened, or if another caller was faster.
    // Guard: interface::a_reference_is_initiated_once_however_often_it_is_posted
    // Guard: crash::a_claimed_payment_without_a_response_is_never_sent_again
    pub(crate) async fn claim(&self, payment: &Payment) -> sqlx::Result<Option<Payment>> {
        let kind = payment.kind.to_string();
        let next =
            "SELECT COALESCE(MAX(attempt), 0) + 1 AS number FROM payments WHERE reference = $1 AND kind = $2";
        let next = rows!(self, next, args![&*payment.reference, &*kind], rows::number)?;
        let attempt = next.into_iter().next().ok_or(sqlx::Error::RowNotFound)?;
        let claimed = Payment { attempt, ..payment.clone() };
        let insert = "INSERT INTO payments (reference, kind, attempt, terminal, amount, reversal_of, state,
                                            created_at, due_at, leased_until)
             SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, @now + $10
             WHERE NOT EXISTS (SELECT 1 FROM payments WHERE reference = $1 AND kind = $2 AND NOT @nothing_happened)
             ON CONFLICT DO NOTHING";
        let values = args![
            &*claimed.reference,
            kind,
            attempt,
            &*claimed.terminal,
            claimed.amount.to_string(),
            claimed.reversal_of.clone(),
            claimed.state.to_string(),
            claimed.created_at,
            claimed.due_at,
            self.lease,
        ];
        let is_claimed = self.write(vec![(insert.to_owned(), values), event(&claimed, By::App)]).await?;
        Ok(is_claimed.then_some(claimed))
    }

    /// Returns the attempt that counts: the last one that may have happened, or else the last one.
    pub(crate) async fn current(&self, reference: &str, kind: Kind) -> sqlx::Result<Option<Payment>> {
        let current = "SELECT @columns FROM payments WHERE reference = $1 AND kind = $2
             ORDER BY CASE WHEN @nothing_happened THEN 1 ELSE 0 END, attempt DESC LIMIT 1";
        first(rows!(self, current, args![reference, kind.to_string()], rows::payment)?)
    }

    pub(crate) async fn get(&self, (reference, kind, attempt): &Key) -> sqlx::Result<Option<Payment>> {
        let one = "SELECT @columns FROM payments WHERE reference = $1 AND kind = $2 AND attempt = $3";
        first(rows!(self, one, args![&**reference, kind.to_string(), *attempt], rows::payment)?)
    }

    /// Returns all attempts at a sale or a refund, in their order.
    pub(crate) async fn attempts(&self, reference: &str, kind: Kind) -> sqlx::Result<Vec<Payment>> {
        let all = "SELECT @columns FROM payments WHERE reference = $1 AND kind = $2 ORDER BY attempt";
        rows!(self, all, args![reference, kind.to_string()], rows::payment)?
            .into_iter()
            .map(|read| read.map_err(|unreadable| unreadable.problem))
            .collect()
    }

    /// Returns the references of the other payments that a terminal has open.
    pub(crate) async fn open_at(&self, terminal: &str, but: &str) -> sqlx::Result<Vec<String>> {
        let open = "SELECT DISTINCT reference FROM payments
             WHERE terminal = $1 AND reference <> $2 AND state IN ('initiating', 'pending') AND due_at IS NOT NULL
             ORDER BY reference LIMIT 10";
        rows!(self, open, args![terminal, but], rows::reference)
    }

    /// Returns what needs attention, and what cannot be read and may need it.
    // Guard: bad_days::a_row_that_cannot_be_read_is_listed_and_hides_no_other
    pub(crate) async fn needing_attention(&self) -> sqlx::Result<Vec<Read>> {
        let all = "SELECT @columns FROM payments
             WHERE state NOT IN ('not_sent', 'rejected', 'paid', 'refunded', 'declined', 'released', 'given_up')
             ORDER BY CASE WHEN state IN ('initiating', 'pending') THEN 1 ELSE 0 END, created_at LIMIT $1";
        let found = rows!(self, all, args![MAX_LIST], rows::payment)?;
        let needs =
            |read: &Read| read.as_ref().map_or(true, |payment| payment.state == State::NeedsAttention);
        Ok(found.into_iter().filter(needs).collect())
    }

    /// Returns what was paid and refunded in a time, and what was initiated in it and is not decided.
    pub(crate) async fn report(&self, from: i64, to: i64) -> sqlx::Result<Vec<Read>> {
        let all = "SELECT @columns FROM payments
             WHERE (state IN ('paid', 'refunded') AND decided_at >= $1 AND decided_at < $2)
                OR (state IN ('initiating', 'pending', 'needs_attention') AND created_at >= $1 AND created_at < $2)
             ORDER BY created_at, reference, kind, attempt";
        rows!(self, all, args![from, to], rows::payment)
    }

    /// Returns the changes of an order, the first one first.
    pub(crate) async fn events(&self, reference: &str, kind: Kind) -> sqlx::Result<Vec<Event>> {
        let all = "SELECT at, attempt, state, by_whom, reason, payment_session_id, transaction_id FROM events
             WHERE reference = $1 AND kind = $2 ORDER BY at, attempt, version";
        rows!(self, all, args![reference, kind.to_string()], rows::event)
    }

    /// Returns what has changed since a time, in milliseconds since 1970.
    pub(crate) async fn changed_since(&self, at: i64) -> sqlx::Result<Vec<Change>> {
        let changed = "SELECT reference, kind, attempt, version FROM events WHERE at >= $1";
        rows!(self, changed, args![at], rows::change)
    }

    pub(crate) async fn figures(&self) -> sqlx::Result<Figures> {
        let figures = "SELECT
                COALESCE(SUM(CASE WHEN state = 'needs_attention' THEN 1 ELSE 0 END), 0) AS needs_attention,
                COALESCE(SUM(CASE WHEN state IN ('initiating', 'pending') THEN 1 ELSE 0 END), 0) AS unfinished,
                MIN(CASE WHEN state = 'initiating' THEN created_at END) AS oldest_initiating,
                COALESCE(SUM(CASE WHEN due_at < @now - 60000 AND leased_until < @now THEN 1 ELSE 0 END), 0) AS overdue
             FROM payments WHERE due_at IS NOT NULL OR state = 'needs_attention'";
        let figures = rows!(self, figures, args![], rows::figures)?;
        figures.into_iter().next().ok_or(sqlx::Error::RowNotFound)
    }

    /// Inserts a payment whose row is gone.
    pub(crate) async fn restore(&self, payment: &Payment) -> sqlx::Result<()> {
        let insert = "INSERT INTO payments (reference, kind, attempt, terminal, amount, reversal_of, state, created_at,
                                            version, leased_until) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0)";
        let values = args![
            &*payment.reference,
            payment.kind.to_string(),
            payment.attempt,
            &*payment.terminal,
            payment.amount.to_string(),
            payment.reversal_of.clone(),
            payment.state.to_string(),
            payment.created_at,
            payment.version,
        ];
        self.write(vec![(insert.to_owned(), values)]).await.map(drop)
    }

    /// Replaces a payment by its next state and ends its lease, unless it has changed since it was read.
    pub(crate) async fn replace(&self, before: &Payment, next: &Payment, by: By) -> sqlx::Result<bool> {
        let update = "UPDATE payments SET state = $1, reason = $2, payment_session = $3, deeplink_url = $4,
                encryption_key = $5, transaction_id = $6, is_declined = $7, decided_at = $8, due_at = $9, looks = $10,
                is_resolved = $11, leased_until = 0, version = version + 1
             WHERE reference = $12 AND kind = $13 AND attempt = $14 AND version = $15";
        let payment_session = next.payment_session.as_ref().map(serde_json::to_string).transpose();
        let values = args![
            next.state.to_string(),
            next.reason.clone(),
            payment_session.map_err(|error| sqlx::Error::Encode(error.into()))?,
            next.deeplink_url.clone(),
            next.encryption_key.as_ref().map(|key| key.expose().to_owned()),
            next.transaction_id.clone(),
            i64::from(next.is_declined),
            next.decided_at,
            next.due_at,
            next.looks,
            i64::from(next.is_resolved),
            &*before.reference,
            before.kind.to_string(),
            before.attempt,
            before.version,
        ];
        let mut statements = vec![(update.to_owned(), values)];
        if is_seen(before, next) {
            statements.push(event(&Payment { version: before.version + 1, ..next.clone() }, by));
        }
        self.write(statements).await
    }

    /// Leases due payments to this process. If it does not replace one before the lease expires, another process leases
    /// it. What is due or leased later than anything can be is so by a clock that was set back.
    // Guard: bad_days::a_clock_that_is_set_back_delays_no_look
    // Guard: crash::one_process_waits_for_a_payment_and_leaves_it_to_another_when_it_stops
    pub(crate) async fn lease(&self, look_again: Duration) -> sqlx::Result<Vec<Read>> {
        let skip_locked = match self.pool {
            Pool::Sqlite(_) => "",
            Pool::Postgres(_) => "FOR UPDATE SKIP LOCKED",
        };
        let lease = format!(
            "WITH due AS MATERIALIZED (
                SELECT reference, kind, attempt FROM payments
                WHERE (due_at <= @now OR due_at > @now + $2) AND (leased_until < @now OR leased_until > @now + $1 + $1)
                ORDER BY due_at LIMIT 100 {skip_locked}
             )
             UPDATE payments SET leased_until = @now + $1
             WHERE (reference, kind, attempt) IN (SELECT reference, kind, attempt FROM due) RETURNING @columns"
        );
        rows!(self, lease, args![self.lease, millis(look_again) + 60_000], rows::payment)
    }
}

/// Whether an error of the database stays however often a write is tried: it refuses the data, as one whose encoding lacks
/// a character.
// Guard: bad_days::characters_that_the_database_cannot_store_are_left_out
pub(crate) fn stays(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
    // SQLSTATE's class of data exceptions.
    matches!(error, sqlx::Error::Encode(_))
        || code.is_some_and(|code| code.len() == 5 && code.starts_with("22"))
}

/// Whether a change is one that people and apps see.
fn is_seen(before: &Payment, next: &Payment) -> bool {
    let seen = |payment: &Payment| {
        (payment.state, payment.is_declined, payment.reason.clone(), payment.transaction_id.clone())
    };
    seen(before) != seen(next)
}

/// The statement that keeps a change.
fn event(payment: &Payment, by: By) -> (String, Vec<Arg>) {
    let insert = "INSERT INTO events (at, reference, kind, attempt, version, state, by_whom, reason,
                                      payment_session_id, transaction_id)
         VALUES (@now, $1, $2, $3, $4, $5, $6, $7, $8, $9)";
    let values = args![
        &*payment.reference,
        payment.kind.to_string(),
        payment.attempt,
        payment.version,
        payment.state.to_string(),
        by.to_string(),
        payment.reason.clone(),
        payment.payment_session.as_ref().map(PaymentSession::id).map(str::to_owned),
        payment.transaction_id.clone(),
    ];
    (insert.to_owned(), values)
}

/// Prepares a statement for one transaction.
fn bound<'q, DB>(sql: String, args: Vec<Arg>) -> Query<'q, DB, DB::Arguments>
where
    DB: Database + HasStatementCache,
    Option<i64>: for<'a> Encode<'a, DB> + Type<DB>,
    Option<String>: for<'a> Encode<'a, DB> + Type<DB>,
{
    let query = sqlx::query(AssertSqlSafe(sql)).persistent(false);
    args.into_iter().fold(query, |query, arg| match arg {
        Arg::Number(number) => query.bind(number),
        // What `PostgreSQL` cannot store would never be recorded.
        // Guard: bad_days::words_of_paynets_that_the_database_cannot_hold_are_replaced
        Arg::Text(text) => query.bind(text.map(|text| text.replace('\0', "\u{fffd}"))),
    })
}

impl From<i64> for Arg {
    fn from(number: i64) -> Self {
        Self::Number(Some(number))
    }
}

impl From<Option<i64>> for Arg {
    fn from(number: Option<i64>) -> Self {
        Self::Number(number)
    }
}

impl From<&str> for Arg {
    fn from(text: &str) -> Self {
        Self::Text(Some(text.to_owned()))
    }
}

impl From<String> for Arg {
    fn from(text: String) -> Self {
        Self::Text(Some(text))
    }
}

impl From<Option<String>> for Arg {
    fn from(text: Option<String>) -> Self {
        Self::Text(text)
    }
}

fn first(read: Vec<Read>) -> sqlx::Result<Option<Payment>> {
    read.into_iter().next().transpose().map_err(|unreadable| unreadable.problem)
}
