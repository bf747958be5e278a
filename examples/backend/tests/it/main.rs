//! The backend's own binary, as a merchant runs it: a process, a database, and a simulator that is another process.

mod crash;
mod interface;
mod readme;
mod torture;
mod world;
