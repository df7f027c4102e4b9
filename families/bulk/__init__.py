"""Families by the thousand, for tries of all sizes: documents as the product writes them, many at a time.

What is made is laid down by the seed and the number of a family alone, but for the times, which are spread
over the year before. So whoever was interrupted goes on, and knows its own documents by their ids.
"""
