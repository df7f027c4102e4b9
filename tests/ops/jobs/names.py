"""What the jobs of tests and the tests themselves both know."""

RUNS = "tests_job_runs"
