//! [`RetryPolicy`]: how long a pipeline waits before it opens again, and when it gives up.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;

use tokio::time::Instant;

use super::options::LONGEST;
use crate::random::Random;

/// How a pipeline goes on after a [`Transient`](crate::ErrorClass::Transient) error.
///
/// It opens again from the last durable checkpoint after a pause that grows from attempt to attempt. Each pause is
/// drawn from the upper half of its length, so that many pipelines do not knock at a server in step.
///
/// # Units
///
/// The first pause is `initial`, each further one `multiplier` times longer, at most `max`. `give_up_after` is counted
/// from the first failure in a row: a row ends when something becomes durable, or when the pipeline has stayed open for
/// longer than `max` and had nothing to do when it failed.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use oms_core::pipeline::RetryPolicy;
/// let patient = RetryPolicy::default().with_give_up_after(Some(Duration::from_secs(3600)));
/// let never = RetryPolicy::never();
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RetryPolicy {
    /// The first pause.
    pub initial: Duration,
    /// The longest pause.
    pub max: Duration,
    /// How much longer each pause is than the one before.
    pub multiplier: f64,
    /// How long to go on without any progress; `None` goes on for ever.
    pub give_up_after: Option<Duration>,
    /// Where the pauses' random parts begin; `None` draws a different one each time.
    pub seed: Option<u64>,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            initial: Duration::from_millis(100),
            max: Duration::from_secs(30),
            multiplier: 2.0,
            give_up_after: Some(Duration::from_secs(15 * 60)),
            seed: None,
        }
    }
}

impl RetryPolicy {
    /// Gives up at the first error.
    pub fn never() -> Self {
        Self::default().with_give_up_after(Some(Duration::ZERO))
    }

    /// The same, with this first pause.
    #[must_use]
    pub fn with_initial(mut self, initial: Duration) -> Self {
        self.initial = initial;
        self
    }

    /// The same, with pauses up to this one.
    #[must_use]
    pub fn with_max(mut self, max: Duration) -> Self {
        self.max = max;
        self
    }

    /// The same, with pauses that grow by this factor; below 1 they stay as they are.
    #[must_use]
    pub fn with_multiplier(mut self, multiplier: f64) -> Self {
        self.multiplier = multiplier;
        self
    }

    /// The same, giving up after so long without progress; `None` goes on for ever.
    #[must_use]
    pub fn with_give_up_after(mut self, give_up_after: Option<Duration>) -> Self {
        self.give_up_after = give_up_after;
        self
    }

    /// The same, with pauses that can be foretold.
    #[must_use]
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }
}

/// The state of a pipeline's retries.
#[derive(Debug)]
pub(super) struct Retry {
    policy: RetryPolicy,
    random: Random,
    /// Failures in a row.
    attempt: u32,
    failing_since: Option<Instant>,
}

impl Retry {
    pub(super) fn new(policy: RetryPolicy) -> Self {
        // Each RandomState is keyed differently, which is all the randomness that a pause needs.
        let seed = policy.seed.unwrap_or_else(|| RandomState::new().build_hasher().finish());
        Self { policy, random: Random::new(seed), attempt: 0, failing_since: None }
    }

    /// Failures in a row so far.
    pub(super) fn attempt(&self) -> u32 {
        self.attempt
    }

    /// The pause before the next attempt, `None` to give up.
    ///
    /// `progress` is true if something became durable since the last failure; `idle_for` is how long both ends were
    /// open without an error, zero if there were rows on their way.
    pub(super) fn next(&mut self, now: Instant, progress: bool, idle_for: Duration) -> Option<Duration> {
        if progress || idle_for > self.policy.max {
            self.attempt = 0;
            self.failing_since = None;
        }
        let since = *self.failing_since.get_or_insert(now);
        if self.policy.give_up_after.is_some_and(|most| now.duration_since(since) >= most) {
            return None;
        }
        let exponent = self.attempt.min(1000) as i32;
        self.attempt = self.attempt.saturating_add(1);
        let factor = self.policy.multiplier.max(1.0).powi(exponent);
        let longest = self.policy.max.min(LONGEST).as_secs_f64();
        // `min` also takes an infinite product, and NaN, back to the longest pause.
        let pause = (self.policy.initial.as_secs_f64() * factor).min(longest);
        Some(Duration::from_secs_f64(pause * (0.5 + self.random.fraction() / 2.0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn retry(policy: RetryPolicy) -> (Retry, Instant) {
        (Retry::new(policy.with_seed(7)), Instant::now())
    }

    #[test]
    fn pauses_grow_to_the_longest_and_are_drawn_from_their_upper_half() {
        let policy = RetryPolicy::default().with_initial(SECOND).with_max(10 * SECOND);
        let (mut retry, now) = retry(policy);
        for most in [1, 2, 4, 8, 10, 10, 10] {
            let pause = retry.next(now, false, Duration::ZERO).unwrap();
            assert!(pause <= most * SECOND && pause >= most * SECOND / 2, "{pause:?} of {most} s");
        }
        assert_eq!(retry.attempt(), 7);
    }

    #[test]
    fn a_thousand_attempts_and_odd_policies_do_not_overflow() {
        for multiplier in [1e300, f64::NAN, f64::INFINITY, -1.0] {
            for max in [30 * SECOND, Duration::MAX, Duration::ZERO] {
                let policy =
                    RetryPolicy::default().with_multiplier(multiplier).with_max(max).with_give_up_after(None);
                let (mut retry, now) = retry(policy);
                for _ in 0..2000 {
                    assert!(retry.next(now, false, Duration::ZERO).unwrap() <= max);
                }
            }
        }
    }

    #[test]
    fn gives_up_after_a_time_without_progress() {
        let policy = RetryPolicy::default().with_give_up_after(Some(60 * SECOND));
        let (mut retry, start) = retry(policy);
        assert!(retry.next(start, false, Duration::ZERO).is_some());
        assert!(retry.next(start + 59 * SECOND, false, Duration::ZERO).is_some());
        assert!(retry.next(start + 60 * SECOND, false, Duration::ZERO).is_none());
        let at = start + 70 * SECOND;
        assert!(retry.next(at, true, Duration::ZERO).is_some(), "progress begins a new row");
        assert_eq!(retry.attempt(), 1);
        let at = at + 100 * SECOND;
        assert!(retry.next(at, false, 31 * SECOND).is_some(), "so does a while without anything to do");
    }

    #[test]
    fn the_default_goes_on_over_five_minutes_without_a_server() {
        for attempt_takes in [Duration::ZERO, 10 * SECOND, 300 * SECOND] {
            let (mut retry, start) = retry(RetryPolicy::default());
            let mut now = start;
            while now < start + 300 * SECOND {
                let pause = retry.next(now, false, Duration::ZERO).expect("it goes on");
                assert!(pause <= 30 * SECOND, "it looks at least twice a minute");
                now += pause + attempt_takes;
            }
            assert!(
                retry.next(now, false, Duration::ZERO).is_some(),
                "it has not given up when the server is back"
            );
        }
    }

    #[test]
    fn never_means_never() {
        let (mut retry, now) = retry(RetryPolicy::never());
        assert!(retry.next(now, false, Duration::ZERO).is_none());
    }

    #[test]
    fn two_pipelines_do_not_retry_in_step() {
        let now = Instant::now();
        let pause = || Retry::new(RetryPolicy::default()).next(now, false, Duration::ZERO);
        assert_ne!((pause(), pause(), pause()), (pause(), pause(), pause()));
    }
}
