"""The rows of the authorization table about token and purchase requests: see ``tests/authorization.py``."""

REQUESTS = """
#                                           nob str oth mem spe man adm bac for dis | rol sup ope fin aud sup
# Both requests are the member's, and wait; all ask of the same family
GET    /family/{family_id}/token-requests
                                        200  ?   -   -   +   +   +   +   +   -   x  |  -   -   -   -   -   -
POST   /family/{family_id}/token-requests
                                        201  ?   -   -   +   +   +   +   +   -   x  |  -   -   -   -   -   -
POST   /family/{family_id}/token-request
                                        201  ?   -   -   +   +   +   +   +   -   x  |  -   -   -   -   -   -
POST   /family/{family_id}/sbd/request-tokens
                                        201  ?   -   -   +   +   +   +   +   -   x  |  -   -   -   -   -   -
GET    /family/{family_id}/token-requests/pending
                                        200  ?   -   -   !   !   !   +   !   -   x  |  -   -   -   -   -   -
GET    /family/{family_id}/token-requests/my-requests
                                        200  ?   -   -   +   +   +   +   +   -   x  |  -   -   -   -   -   -
DELETE /family/{family_id}/token-requests/{request_id}
                                        200  ?   -   -   +   q   q   !   q   -   x  |  -   -   -   -   -   -
POST   /family/{family_id}/token-requests/{request_id}/review
                                        200  ?   -   -   !   !   !   +   !   -   x  |  -   -   -   -   -   -
POST   /family/{family_id}/token-request/{request_id}/review
                                        200  ?   -   -   !   !   !   +   !   -   x  |  -   -   -   -   -   -
GET    /family/{family_id}/purchase-requests
                                        200  ?   -   -   +   +   +   +   +   -   x  |  -   -   -   -   -   -
POST   /family/{family_id}/purchase-requests
                                        201  ?   -   -   +   +   +   +   +   -   x  |  -   -   -   -   -   -
POST   /family/{family_id}/purchase-requests/{purchase_id}/approve
                                        200  ?   -   -   !   !   !   +   !   -   x  |  -   -   -   -   -   -
POST   /family/{family_id}/purchase-requests/{purchase_id}/deny
                                        200  ?   -   -   !   !   !   +   !   -   x  |  -   -   -   -   -   -
GET    /family/wallet/purchase-requests
                                        200  ?   -   -   +   +   +   +   +   -   x  |  -   -   -   -   -   -
POST   /family/wallet/purchase-requests
                                        201  ?   -   -   +   +   +   +   +   -   x  |  -   -   -   -   -   -
POST   /family/wallet/purchase-requests/{purchase_id}/approve
                                        200  ?   b   b   !   !   !   +   !   b   x  |  b   b   b   b   b   b
POST   /family/wallet/purchase-requests/{purchase_id}/deny
                                        200  ?   b   b   !   !   !   +   !   b   x  |  b   b   b   b   b   b
POST   /family/admin/cleanup-expired-token-requests
                                        200  ?   !   !   !   !   !   !   !   !   x  |  !   !   +   !   !   +
"""
