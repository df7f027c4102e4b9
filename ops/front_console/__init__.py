"""The console's front page: what needs attention now, and today beside the same weekday last week."""
