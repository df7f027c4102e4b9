"""Runs: one action of the console on many documents, done in the background, batch after batch.

Somebody chose all that a filter left, was told what will happen, and said why; the ids were taken at that
moment. What is done to a document is what is done by hand: the same action, the same actor, the same audit
entries. This room keeps what is left and what became of it; how a page acts, the console registers.

Invariants, whatever is killed, and whenever:

1. Every chosen document gets exactly one outcome. ``position`` is the number of outcomes there are, the sum
   of ``counts``, and the number of outcomes in the parts; all change in one unit of work, or none does.
2. No document is changed twice: its action changes it only in the state that it is to be changed from. A
   document whose worker died between change and record is looked at again; its line says that it may have
   been done by this run.
3. Once a stop is confirmed, no batch is begun; the one at work is ended, and recorded.
4. Two workers never hold one run: each batch begins with a lease that only its holder can lengthen, longer
   than a batch can last, and what is recorded under another's lease is refused.
5. Nobody does by a run what they may not do by hand: rights are looked at before each batch, and a run of
   somebody who has lost them stops.

``console_runs``: ``page`` (label of the model), ``action`` (name), ``label`` and ``permission`` as it was
offered, ``said`` (what the form asked for, as it was typed), ``by`` (who started it, and from where),
``total, position, counts, first`` (the first outcomes that somebody should look at), ``state, stopped,
started_at, over_at``, and ``lease_id, lease_until, stalled``. ``console_run_parts``: ``_id`` is the run's and
a number; ``ids``, and ``outcomes`` in the same order, as many as there are so far. Both go after
``records.KEPT``.
"""
