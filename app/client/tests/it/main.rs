//! Tests of the client: alone, and against a small chain behind a real RPC port on loopback.

mod chain;
mod events_arrive_once_and_in_order;
mod keys_are_kept_safely;
mod sdl_becomes_groups;
mod sdl_examples_are_deployments;
mod sdl_mistakes_are_named;
mod sdl_services_are_leased;
mod transactions_are_never_lost;
mod transactions_are_signed;
