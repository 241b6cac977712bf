//! What came of a step: counts, and what was left out and why.

/// Whether this is the run that everything must be in.
pub fn in_ci() -> bool {
    std::env::var("CI").is_ok_and(|value| value == "true")
}

/// What came of a step.
#[derive(Debug, Default, PartialEq)]
pub struct Outcome {
    /// Tests that passed.
    pub passed: u64,
    /// Tests that failed.
    pub failed: u64,
    /// Reasons, one for each thing that was left out.
    pub left_out: Vec<String>,
}

impl Outcome {
    /// A step that is one check.
    pub fn one(passed: bool) -> Self {
        Self { passed: u64::from(passed), failed: u64::from(!passed), left_out: Vec::new() }
    }

    /// A step that did not run.
    pub fn left_out(reason: impl Into<String>) -> Self {
        Self { left_out: vec![reason.into()], ..Self::default() }
    }

    /// A program's own counts, and whether it ended well. One that failed without a count has failed once.
    pub fn counted(passed: u64, failed: u64, success: bool) -> Self {
        let nothing_ran = passed + failed == 0;
        let unexplained = failed == 0 && (!success || nothing_ran);
        Self { passed, failed: failed + u64::from(unexplained), left_out: Vec::new() }
    }

    /// The left-out lines of the step called `name`.
    pub fn lines(&self, name: &str) -> Vec<String> {
        self.left_out.iter().map(|reason| format!("{name}: {reason}")).collect()
    }
}

/// The number that stands right before `word` in `line`, as in `12 passed`.
pub fn number_before(line: &str, word: &str) -> Option<u64> {
    let words: Vec<&str> =
        line.split(|c: char| c.is_whitespace() || ",;=".contains(c)).filter(|w| !w.is_empty()).collect();
    words.windows(2).find_map(|pair| match pair {
        [number, following] if *following == word => number.parse().ok(),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_counts_that_the_runners_print() {
        let cargo = "test result: FAILED. 12 passed; 2 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s";
        assert_eq!(number_before(cargo, "passed"), Some(12));
        assert_eq!(number_before(cargo, "failed"), Some(2));
        let pytest = "===== 3 failed, 21 passed, 1 error in 12.23s =====";
        assert_eq!(number_before(pytest, "failed"), Some(3));
        assert_eq!(number_before(pytest, "error"), Some(1));
        assert_eq!(number_before(pytest, "skipped"), None);
    }

    #[test]
    fn a_program_that_ran_nothing_or_crashed_has_failed() {
        assert_eq!(Outcome::counted(0, 0, true).failed, 1);
        assert_eq!(Outcome::counted(5, 0, false).failed, 1);
        assert_eq!(Outcome::counted(5, 2, false).failed, 2);
        assert_eq!(Outcome::counted(5, 0, true).failed, 0);
    }
}
