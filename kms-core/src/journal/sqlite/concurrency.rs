//! What the writer's concurrency is built on. The model check puts a model checker's in its place.

pub(super) use std::{sync::mpsc, thread};
