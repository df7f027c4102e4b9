"""The operators' doors of the API, one module a noun. Source: HTTP contract, section 14."""
