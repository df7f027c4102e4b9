"""Incidents: what is wrong, since when, who has it in hand, and what became of it.

Kept in ``incidents`` of the control database, which a restore never touches::

    _id           inc_…
    v             1
    kind          outage, security, data, performance    (Kind)
    severity      p1, p2, p3                              (Severity)
    title         in a line
    source        alert, doctor, product, hand            (Source)
    about         what it is one of: ``alert:<name>``, ``doctor:<check>``, ``audit:<family>``; of each at most
                  one is open.
                  ``None``: opened by hand
    state         open, acknowledged, resolved            (State)
    section       of the runbook; ``None``: none
    opened_at, opened_by, acknowledged_at, acknowledged_by, resolved_at, resolved_by, resolution
    acknowledge_by, fix_by     when that must be done; fix_by of a P1 is opened_at: at once
    level         how far it was escalated: 0 first, 1 second, 2 last contact of the matrix
    runs          how often it was reopened; missing: never
    late_since    the ``fix_by`` that was not kept, once that was escalated; missing before
    escalated_at  when that was
    alerts        by fingerprint: {name, labels, summary, command, starts_at, ends_at (None: still firing)}
    checks        names of doctor's checks that it is about: they must be well before it is over
    doctor        what doctor found when it was opened: {at, result, unwell} as in ``examinations``
    impact        {since, at, requests, failed, routes: [{route, requests, failed}], users, families, late,
                  unknown}: see ``impact.measure``
    bundle        {path, sha256, bytes, at, missing}: the archive taken when it was opened
    boxes         ticked boxes of its checklist by id: {C01: {at, by, evidence, note}}; the
                  system's have a ``link``, which the evidence can be looked up by, too
    public        what users are told: {title, components: [name], updates: [{at, state, text, by}]};
                  ``None``: nothing
    follow_ups    [{id, what, owner, due (date, ISO), done_at, done_by}]
    investigate_on  date (ISO) for which the search is planned; ``None``: none
    links         [{what, address, at, by}]: the change that mends it, pages that were changed
    post_mortem   {text, at, by}; ``None``: none yet
    notice        of a security incident: {known_at, due_at (72 h later), text, sent_at, sent_by};
                  else ``None``
    version       counts up with each change

What happened in it lies beside it, in ``incident_events``: ``_id`` evt_…, ``incident``, ``at``, ``kind``
(opened, alert, alert_ended, acknowledged, escalated, told, noted, severity, public, ticked, bundle, doctor,
impact, follow_up, green, not_green, resolved, reopened, post_mortem, notice, response), ``text`` in a line,
``by`` (actor id), ``facts``.

Whoever is told of it is in ``incident_pages``: see ``paging``.

The invariants: an alert that was taken (200) is in an incident; of one ``about`` at most one incident is
open, whoever reports it how often; the same alert sent again changes nothing; each level of escalation is
told once.
"""
