from tests.ops.jobs import conftest
conftest.CELERY[-1] = "zzapp"
from tests.ops.jobs.test_worker import test_a_worker_that_lost_redis_while_it_was_full_takes_tasks_again as test_it
