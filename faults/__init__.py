"""``make faults``: a live system of its own is broken in many ways, and ``manage.py doctor`` has to say how.

It is the acceptance of doctor: the first cause that is printed must be the fault, nobody else may be named,
and what was printed must mend it. Nothing here is part of the product.
"""
