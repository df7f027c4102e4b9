"""Tests of the embedded servers: real ones, started, stopped and killed."""
