//! [`Shared`]: what the parts of a running pipeline and its handles have in common.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use tokio::sync::watch;

use super::progress::{PipelineProgress, PipelineState, TableProgress, lag};
use crate::event::Tally;
use crate::position::Position;

/// What a pipeline has been told to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Control {
    Run,
    Pause,
    /// Never taken back.
    Stop,
}

/// What a pipeline is doing, apart from what it has been told.
#[derive(Clone, Debug)]
pub(super) enum Phase {
    Opening,
    Running,
    Retrying { error: Arc<str>, attempt: u32 },
    Ended,
}

/// The account that handles read.
#[derive(Debug)]
pub(super) struct Board {
    pub(super) phase: Phase,
    pub(super) tally: Tally,
    pub(super) tables: Vec<TableProgress>,
    pub(super) position: Option<Position>,
    /// The newest durable time of the source's clock.
    pub(super) clock: Option<SystemTime>,
    pub(super) retries: u64,
}

#[derive(Debug)]
pub(super) struct Shared {
    pub(super) id: Box<str>,
    control: watch::Sender<Control>,
    board: Mutex<Board>,
    rows_in_flight: AtomicU64,
}

impl Shared {
    pub(super) fn new(id: Box<str>) -> Self {
        Self {
            id,
            control: watch::Sender::new(Control::Run),
            board: Mutex::new(Board {
                phase: Phase::Opening,
                tally: Tally::default(),
                tables: Vec::new(),
                position: None,
                clock: None,
                retries: 0,
            }),
            rows_in_flight: AtomicU64::new(0),
        }
    }

    /// Tells the pipeline what to do; once it is to stop, that stays.
    pub(super) fn tell(&self, control: Control) {
        self.control.send_if_modified(|now| {
            let changes = *now != Control::Stop && *now != control;
            if changes {
                *now = control;
            }
            changes
        });
    }

    pub(super) fn control(&self) -> watch::Receiver<Control> {
        self.control.subscribe()
    }

    pub(super) fn is_stopping(&self) -> bool {
        *self.control.borrow() == Control::Stop
    }

    /// Returns once the pipeline has been told to stop.
    pub(super) async fn stopped(&self) {
        // The sender lives as long as `self`.
        let _ = self.control().wait_for(|control| *control == Control::Stop).await;
    }

    pub(super) fn board(&self) -> MutexGuard<'_, Board> {
        self.board.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn set_phase(&self, phase: Phase) {
        self.board().phase = phase;
    }

    pub(super) fn rows_left(&self, rows: u64) {
        self.rows_in_flight.fetch_add(rows, Ordering::Relaxed);
    }

    pub(super) fn rows_arrived(&self, rows: u64) {
        self.rows_in_flight.fetch_sub(rows, Ordering::Relaxed);
    }

    pub(super) fn rows_in_flight(&self) -> u64 {
        self.rows_in_flight.load(Ordering::Relaxed)
    }

    pub(super) fn forget_rows_in_flight(&self) {
        self.rows_in_flight.store(0, Ordering::Relaxed);
    }

    pub(super) fn progress(&self) -> PipelineProgress {
        let control = *self.control.borrow();
        let board = self.board();
        let state = match (&board.phase, control) {
            (Phase::Ended, _) => PipelineState::Ended,
            (_, Control::Stop) => PipelineState::Stopping,
            (Phase::Retrying { error, attempt }, _) => {
                PipelineState::Retrying { error: Arc::clone(error), attempt: *attempt }
            }
            (Phase::Opening, Control::Run) => PipelineState::Opening,
            (Phase::Running, Control::Run) => PipelineState::Running,
            (Phase::Opening | Phase::Running, Control::Pause) => PipelineState::Paused,
        };
        PipelineProgress {
            state,
            tally: board.tally,
            rows_in_flight: self.rows_in_flight(),
            tables: board.tables.clone(),
            position: board.position.clone(),
            lag: lag(board.clock, SystemTime::now()),
            retries: board.retries,
        }
    }
}
