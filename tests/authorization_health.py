"""The rows of the authorization table for how the system is; what the columns are: ``authorization``.

Source: HTTP contract, section 14.
"""

HEALTH = """
#                                           nob str oth mem spe man adm bac for dis | rol sup ope fin aud sup
GET    /health                          200  +   +   +   +   +   +   +   +   +   +  |  +   +   +   +   +   +
GET    /health/live                     200  +   +   +   +   +   +   +   +   +   +  |  +   +   +   +   +   +
GET    /health/ready                    200  +   +   +   +   +   +   +   +   +   +  |  +   +   +   +   +   +
GET    /family/health                   200  +   +   +   +   +   +   +   +   +   +  |  +   +   +   +   +   +
GET    /family/health/liveness          200  +   +   +   +   +   +   +   +   +   +  |  +   +   +   +   +   +
GET    /family/health/readiness         200  +   +   +   +   +   +   +   +   +   +  |  +   +   +   +   +   +
GET    /status                          200  +   +   +   +   +   +   +   +   +   +  |  +   +   +   +   +   +
GET    /status.atom                     200  +   +   +   +   +   +   +   +   +   +  |  +   +   +   +   +   +
GET    /status.json                     200  +   +   +   +   +   +   +   +   +   +  |  +   +   +   +   +   +
GET    /family/health/status            200  ?   !   !   !   !   !   !   !   !   x  |  !   +   +   !   +   +
GET    /family/health/metrics           200  ?   !   !   !   !   !   !   !   !   x  |  +   +   +   +   +   +
GET    /family/health/performance       200  ?   !   !   !   !   !   !   !   !   x  |  +   +   +   +   +   +
POST   /family/health/check             200  ?   !   !   !   !   !   !   !   !   x  |  +   +   +   +   +   +
GET    /family/admin/health             200  ?   !   !   !   !   !   !   !   !   x  |  !   +   +   !   +   +
"""
