//! Opens the database, and refuses one in which a claim could be lost.

use std::{
    fs, io,
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
    str::FromStr,
    time::Duration,
};

use sqlx::{
    Executor, PgPool, Row, SqlitePool,
    migrate::Migrator,
    postgres::PgPoolOptions,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use super::{Arg, Pool, Store};
use crate::orders::millis;

/// How long a request waits for a connection.
const ACQUIRE: Duration = Duration::from_secs(5);

/// The file of `SQLite`, which one process uses at a time.
pub(crate) struct File {
    path: PathBuf,
    /// Which file it was when it was opened.
    inode: u64,
    /// Locked as long as the process lives.
    _lock: fs::File,
}

impl Store {
    /// Opens the database, creates or updates its tables, and claims it for payments of one environment.
    pub(crate) async fn open(url: &str, environment: &str, lease: Duration) -> Result<Self, String> {
        let lease = millis(lease);
        let store = if url.starts_with("sqlite:") {
            let (pool, file) = sqlite(url).await?;
            Self { pool: Pool::Sqlite(pool), file: Some(file), lease }
        } else if url.starts_with("postgres:") || url.starts_with("postgresql:") {
            Self { pool: Pool::Postgres(postgres(url).await?), file: None, lease }
        } else {
            return Err("expected sqlite://… or postgres://…".to_owned());
        };
        store.belong_to(environment).await?;
        if store.file.is_some() {
            // The process that held the leases has ended.
            let end = "UPDATE payments SET leased_until = 0".to_owned();
            store.write(vec![(end, Vec::new())]).await.map_err(|error| error.to_string())?;
        }
        Ok(store)
    }

    /// Refuses a database of another environment: a payment of the Sandbox must never be checked on Production.
    async fn belong_to(&self, environment: &str) -> Result<(), String> {
        let theirs = async {
            let claim = "INSERT INTO paynet (one, environment) VALUES (1, $1) ON CONFLICT DO NOTHING";
            self.write(vec![(claim.to_owned(), vec![Arg::from(environment)])]).await?;
            self.environments().await
        };
        let theirs = theirs.await.map_err(|error| error.to_string())?;
        if theirs == [environment] {
            return Ok(());
        }
        let theirs = theirs.join(" and ");
        Err(format!("it has payments of {theirs}; expected another database for {environment}"))
    }

    /// Writes a copy of an `SQLite` database beside it, and returns where.
    pub(crate) async fn back_up(&self) -> Result<PathBuf, String> {
        let (Pool::Sqlite(_), Some(file)) = (&self.pool, &self.file) else {
            return Err("PostgreSQL has its own tools for a backup".to_owned());
        };
        let (new, path) = (beside(&file.path, ".backup.new"), beside(&file.path, ".backup"));
        let written = async {
            let _ = fs::remove_file(&new);
            private(&new)?;
            // A connection of its own: payments are recorded meanwhile.
            let options = SqliteConnectOptions::new().filename(&file.path);
            let pool = SqlitePoolOptions::new().max_connections(1).connect_with(options).await?;
            let copied = sqlx::query("VACUUM INTO $1").bind(new.display().to_string()).execute(&pool).await;
            pool.close().await;
            copied?;
            fs::File::open(&new)?.sync_all()?;
            fs::rename(&new, &path)?;
            Ok(path)
        };
        written.await.map_err(|error: sqlx::Error| error.to_string())
    }

    /// Ends all connections. What `SQLite` has in its log is then in the file.
    pub(crate) async fn close(&self) {
        match &self.pool {
            Pool::Sqlite(pool) => {
                let _ = pool.execute("PRAGMA wal_checkpoint(TRUNCATE)").await;
                pool.close().await;
            }
            Pool::Postgres(pool) => pool.close().await,
        }
    }
}

impl File {
    /// Whether the file is still the one that was opened: what is written to another is lost.
    pub(crate) fn is_there(&self) -> bool {
        fs::metadata(&self.path).is_ok_and(|metadata| metadata.ino() == self.inode)
    }
}

async fn sqlite(url: &str) -> Result<(SqlitePool, File), String> {
    let options = SqliteConnectOptions::from_str(url).map_err(|error| error.to_string())?;
    let path = options.get_filename().to_owned();
    if url.contains(":memory:") || url.contains("mode=memory") {
        return Err("expected a file: what is in memory ends with the process".to_owned());
    }
    let unusable = |error: io::Error| format!("{}: {error}", path.display());
    let lock = private(&beside(&path, ".lock")).map_err(unusable)?;
    // Guard: crash::sqlite_is_for_one_process_and_a_database_for_one_environment
    lock.try_lock().map_err(|error| match error {
        fs::TryLockError::WouldBlock => {
            "another process uses it; SQLite is for one process, PostgreSQL for several".to_owned()
        }
        fs::TryLockError::Error(error) => unusable(error),
    })?;
    if url.contains("mode=rwc") {
        private(&path).map_err(unusable)?;
    }
    let options = options
        .journal_mode(SqliteJournalMode::Wal)
        // A claim survives a power failure.
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(Duration::from_secs(3));
    let pool = SqlitePoolOptions::new().max_connections(1).idle_timeout(None).max_lifetime(None);
    let opened = async {
        let pool = pool.acquire_timeout(ACQUIRE).connect_with(options).await?;
        migrator().run(&pool).await?;
        // What an earlier process has left in the log.
        pool.execute("PRAGMA wal_checkpoint(TRUNCATE)").await?;
        sqlx::Result::Ok(pool)
    };
    let pool = opened.await.map_err(|error: sqlx::Error| error.to_string())?;
    let inode = fs::metadata(&path).map_err(unusable)?.ino();
    Ok((pool, File { path, inode, _lock: lock }))
}

/// Opens a file, which nobody but its owner can read if it is new.
// Guard: bad_days::it_is_backed_up_while_it_runs_and_its_files_are_its_owners
fn private(path: &Path) -> io::Result<fs::File> {
    fs::OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path)
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut path = path.as_os_str().to_owned();
    path.push(suffix);
    path.into()
}

async fn postgres(url: &str) -> Result<PgPool, String> {
    let pool = PgPoolOptions::new().acquire_timeout(ACQUIRE).after_connect(|connection, _| {
        Box::pin(async move {
            let commit = sqlx::raw_sql("SHOW synchronous_commit").fetch_all(connection).await?;
            let commit = commit.iter().map(|row| row.try_get(0)).collect::<sqlx::Result<Vec<String>>>()?;
            // Guard: bad_days::a_server_that_may_forget_commits_is_refused
            if commit.iter().any(|setting| setting == "off" || setting == "local") {
                let problem = "synchronous_commit is off, so that a crash of the server loses payments that were \
                               initiated; expected on";
                return Err(sqlx::Error::Configuration(problem.into()));
            }
            Ok(())
        })
    });
    let opened = async {
        let pool = pool.connect(url).await?;
        if !is_migrated(&pool).await {
            migrator().run(&pool).await?;
        }
        warn_of_a_standby(&pool).await;
        sqlx::Result::Ok(pool)
    };
    opened.await.map_err(|error: sqlx::Error| error.to_string())
}

/// The changes of the tables. Those of a newer version, which an older one finds after a rollback, are left alone.
fn migrator() -> Migrator {
    let mut migrator = sqlx::migrate!();
    // Guard: bad_days::an_older_version_runs_beside_what_a_newer_one_has_added
    migrator.set_ignore_missing(true);
    migrator
}

/// Whether all tables are as this version needs them, so that a role that may not create any is enough.
// Guard: bad_days::a_role_that_may_create_nothing_is_enough_once_the_tables_are_there
async fn is_migrated(pool: &PgPool) -> bool {
    let applied = sqlx::raw_sql("SELECT version FROM _sqlx_migrations WHERE success").fetch_all(pool).await;
    let applied = applied.unwrap_or_default();
    let applied = applied.iter().filter_map(|row| row.try_get::<i64, _>(0).ok()).collect::<Vec<_>>();
    migrator().iter().all(|migration| applied.contains(&migration.version))
}

/// An asynchronous standby that takes over lacks the last payments.
async fn warn_of_a_standby(pool: &PgPool) {
    let standby =
        "SELECT 1 FROM pg_stat_replication WHERE current_setting('synchronous_standby_names') = '' LIMIT 1";
    let found = sqlx::raw_sql(standby).fetch_all(pool).await;
    if found.is_ok_and(|rows| !rows.is_empty()) {
        tracing::warn!(
            "a standby is connected, and synchronous_standby_names is empty: if it takes over, the last payments are \
             lost and may be initiated again"
        );
    }
}
