//! The database: a `SQLite` file for one process, or `PostgreSQL` for several. The statements are the same.
//!
//! Rows are read by `fetch_all` only: sqlx's `fetch_one` and `fetch_optional` stop at the first row, which comes before
//! the commit, and drop its error.

use std::{str::FromStr, time::Duration};

use paypos::{Decimal, Secret};
use sqlx::{
    AnyPool, AssertSqlSafe, Row,
    any::{AnyPoolOptions, AnyRow},
    query, query_scalar,
};

use crate::{
    millis, now,
    orders::{Kind, Payment, State},
};

/// The code of `SQLite` for a file that another process has locked.
const SQLITE_BUSY: &str = "5";

pub(crate) struct Store {
    pool: AnyPool,
    /// Skips rows that another process is leasing. Empty for `SQLite`, which has one process.
    skip_locked: &'static str,
    /// How long a payment is leased to one process, in milliseconds.
    lease: i64,
}

impl Store {
    /// Opens the database, creates or updates its tables, and claims it for payments of one environment.
    pub(crate) async fn open(url: &str, environment: &str, lease: Duration) -> Result<Self, String> {
        sqlx::any::install_default_drivers();
        let is_sqlite = url.starts_with("sqlite:");
        let mut options = AnyPoolOptions::new().acquire_timeout(Duration::from_secs(10));
        if is_sqlite {
            // One connection that stays, since it holds the lock of the file.
            options = options.max_connections(1).idle_timeout(None).max_lifetime(None);
        }
        let opened = async {
            let pool = options.connect(url).await?;
            if is_sqlite {
                // `FULL`: a claim survives a power failure.
                for pragma in ["locking_mode = EXCLUSIVE", "journal_mode = WAL", "synchronous = FULL"] {
                    sqlx::raw_sql(AssertSqlSafe(format!("PRAGMA {pragma}"))).execute(&pool).await?;
                }
            }
            sqlx::migrate!().run(&pool).await?;
            if is_sqlite {
                // The process that held the leases has ended.
                query("UPDATE payments SET leased_until = 0").execute(&pool).await?;
            }
            Ok(pool)
        };
        let pool = opened.await.map_err(|error: sqlx::Error| {
            let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
            if is_sqlite && code.as_deref() == Some(SQLITE_BUSY) {
                "another process uses it; SQLite is for one process, PostgreSQL for several".to_owned()
            } else {
                error.to_string()
            }
        })?;
        let skip_locked = if is_sqlite { "" } else { "FOR UPDATE SKIP LOCKED" };
        let store = Self { pool, skip_locked, lease: millis(lease) };
        store.belong_to(environment).await?;
        Ok(store)
    }

    /// Refuses a database of another environment: a payment of the Sandbox must never be checked on Production.
    async fn belong_to(&self, environment: &str) -> Result<(), String> {
        let theirs = async {
            let claim = "INSERT INTO paynet (one, environment) VALUES (1, $1) ON CONFLICT DO NOTHING";
            query(claim).bind(environment).execute(&self.pool).await?;
            query_scalar::<_, String>("SELECT environment FROM paynet").fetch_all(&self.pool).await
        };
        let theirs = theirs.await.map_err(|error| error.to_string())?;
        if theirs == [environment] {
            return Ok(());
        }
        let theirs = theirs.join(" and ");
        Err(format!("it has payments of {theirs}; expected another database for {environment}"))
    }

    pub(crate) async fn is_up(&self) -> sqlx::Result<()> {
        query("SELECT 1").execute(&self.pool).await.map(drop)
    }

    /// Claims the next attempt. Returns `None` if an attempt may have happened, or if another caller was faster.
    pub(crate) async fn claim(&self, payment: &Payment) -> sqlx::Result<Option<Payment>> {
        let claimed = query(AssertSqlSafe(format!(
            "INSERT INTO payments (reference, kind, attempt, terminal, amount, reversal_of, state,
                                   created_at, due_at, leased_until)
             SELECT $1, $2, COALESCE(MAX(attempt), 0) + 1, $3, $4, $5, $6, $7, $8, $9
             FROM payments WHERE reference = $1 AND kind = $2
             HAVING COUNT(CASE WHEN state NOT IN ({}) THEN 1 END) = 0
             ON CONFLICT DO NOTHING RETURNING *",
            nothing_happened()
        )))
        .bind(&payment.reference)
        .bind(payment.kind.to_string())
        .bind(&payment.terminal)
        .bind(payment.amount.to_string())
        .bind(&payment.reversal_of)
        .bind(payment.state.to_string())
        .bind(payment.created_at)
        .bind(payment.due_at)
        .bind(now() + self.lease)
        .fetch_all(&self.pool)
        .await?;
        claimed.first().map(read).transpose()
    }

    /// Returns the attempt that counts: the last one that may have happened, or else the last one.
    pub(crate) async fn current(&self, reference: &str, kind: Kind) -> sqlx::Result<Option<Payment>> {
        let current = format!(
            "SELECT * FROM payments WHERE reference = $1 AND kind = $2
             ORDER BY CASE WHEN state IN ({}) THEN 1 ELSE 0 END, attempt DESC LIMIT 1",
            nothing_happened()
        );
        let rows = query(AssertSqlSafe(current)).bind(reference).bind(kind.to_string());
        rows.fetch_all(&self.pool).await?.first().map(read).transpose()
    }

    pub(crate) async fn get(
        &self,
        reference: &str,
        kind: Kind,
        attempt: i64,
    ) -> sqlx::Result<Option<Payment>> {
        let one = "SELECT * FROM payments WHERE reference = $1 AND kind = $2 AND attempt = $3";
        let rows = query(one).bind(reference).bind(kind.to_string()).bind(attempt);
        rows.fetch_all(&self.pool).await?.first().map(read).transpose()
    }

    pub(crate) async fn needing_attention(&self) -> sqlx::Result<Vec<Payment>> {
        let all = "SELECT * FROM payments WHERE state = 'needs_attention' ORDER BY created_at";
        query(all).fetch_all(&self.pool).await?.iter().map(read).collect()
    }

    /// Inserts a payment whose row is gone.
    pub(crate) async fn restore(&self, payment: &Payment) -> sqlx::Result<()> {
        let insert = "INSERT INTO payments (reference, kind, attempt, terminal, amount, reversal_of, state, created_at,
                                            leased_until) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0)";
        query(insert)
            .bind(&payment.reference)
            .bind(payment.kind.to_string())
            .bind(payment.attempt)
            .bind(&payment.terminal)
            .bind(payment.amount.to_string())
            .bind(&payment.reversal_of)
            .bind(payment.state.to_string())
            .bind(payment.created_at)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Replaces a payment by its next state and ends its lease, unless it has changed since it was read.
    pub(crate) async fn replace(&self, before: &Payment, next: &Payment) -> sqlx::Result<bool> {
        let payment_session = next.payment_session.as_ref().map(serde_json::to_string).transpose();
        let written = query(
            "UPDATE payments SET state = $1, reason = $2, payment_session = $3, deeplink_url = $4,
                encryption_key = $5, transaction_id = $6, is_declined = $7, due_at = $8,
                leased_until = 0, version = version + 1
             WHERE reference = $9 AND kind = $10 AND attempt = $11 AND version = $12",
        )
        .bind(next.state.to_string())
        .bind(&next.reason)
        .bind(payment_session.map_err(|error| sqlx::Error::Encode(error.into()))?)
        .bind(&next.deeplink_url)
        .bind(next.encryption_key.as_ref().map(Secret::expose))
        .bind(&next.transaction_id)
        .bind(i64::from(next.is_declined))
        .bind(next.due_at)
        .bind(&before.reference)
        .bind(before.kind.to_string())
        .bind(before.attempt)
        .bind(before.version)
        .execute(&self.pool)
        .await?;
        Ok(written.rows_affected() == 1)
    }

    /// Leases due payments to this process. If it does not replace one before the lease expires, another process leases
    /// it.
    pub(crate) async fn lease(&self) -> sqlx::Result<Vec<Payment>> {
        let lease = format!(
            "WITH due AS MATERIALIZED (
                SELECT reference, kind, attempt FROM payments
                WHERE due_at <= $1 AND leased_until < $1 ORDER BY due_at LIMIT 100 {}
             )
             UPDATE payments SET leased_until = $2
             WHERE (reference, kind, attempt) IN (SELECT reference, kind, attempt FROM due) RETURNING *",
            self.skip_locked
        );
        let now = now();
        let rows = query(AssertSqlSafe(lease)).bind(now).bind(now + self.lease);
        let rows = rows.fetch_all(&self.pool).await?;
        // A row of a newer version of the backend hides no other.
        let readable = rows.iter().filter_map(|row| {
            read(row).inspect_err(|error| tracing::error!(%error, "a payment cannot be read")).ok()
        });
        Ok(readable.collect())
    }
}

/// Returns the states after which a payment may be posted again, as a list of SQL.
fn nothing_happened() -> String {
    State::NOTHING_HAPPENED.map(|state| format!("'{state}'")).join(", ")
}

fn read(row: &AnyRow) -> sqlx::Result<Payment> {
    let session: Option<String> = row.try_get("payment_session")?;
    let session = session.map(|text| serde_json::from_str(&text)).transpose();
    let key: Option<String> = row.try_get("encryption_key")?;
    Ok(Payment {
        reference: row.try_get("reference")?,
        kind: word(row, "kind")?,
        attempt: row.try_get("attempt")?,
        terminal: row.try_get("terminal")?,
        amount: word::<Decimal>(row, "amount")?,
        reversal_of: row.try_get("reversal_of")?,
        state: word(row, "state")?,
        reason: row.try_get("reason")?,
        payment_session: session.map_err(|error| sqlx::Error::Decode(error.into()))?,
        deeplink_url: row.try_get("deeplink_url")?,
        encryption_key: key.map(Secret::from),
        transaction_id: row.try_get("transaction_id")?,
        is_declined: row.try_get::<i64, _>("is_declined")? != 0,
        created_at: row.try_get("created_at")?,
        due_at: row.try_get("due_at")?,
        version: row.try_get("version")?,
    })
}

fn word<T: FromStr<Err: std::error::Error + Send + Sync + 'static>>(
    row: &AnyRow,
    column: &str,
) -> sqlx::Result<T> {
    let text: String = row.try_get(column)?;
    text.parse().map_err(|error: T::Err| sqlx::Error::Decode(error.into()))
}
