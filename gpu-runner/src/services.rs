//! Services: containers of tenants that run until their lease ends, and are paid per block.
//!
//! An order is priced by [`price`] and reserves its resources in [`inventory`] before the bid is sent; the reservation
//! stays with the lease and is given back once, when the bid is lost or the lease ends. A tenant sends the manifest
//! to the gateway, which compares its hash with the chain's and hands it to the [`book`]. One task per lease (`tend`)
//! looks at the chain and the containers and does what [`decide`] says: start, pause, resume, restart what has exited,
//! leave the lease when it stays unhealthy or no manifest came, and remove everything when the lease has ended.
//! `upkeep` sends heartbeats and withdraws.

pub mod admission;
pub mod bid;
pub mod book;
mod chain;
pub mod decide;
mod events;
pub mod gpu;
pub mod host;
pub mod inventory;
pub mod price;
mod tend;
pub mod upkeep;
pub mod workload;

pub use chain::Deployed;
