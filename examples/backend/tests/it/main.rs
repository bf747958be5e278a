//! The backend's own binary, as a merchant runs it: a process, a database, and a simulator that is another process.

mod bad_days;
mod crash;
mod day;
mod interface;
mod readme;
mod torture;
mod world;
