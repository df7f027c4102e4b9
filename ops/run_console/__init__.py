"""The console's part in runs: how a page acts on their documents, and the pages that show them."""
