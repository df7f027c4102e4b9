"""The authorization table of the console: who of staff gets which page. See ``authorization``.

A new list, page or action needs its row here.
"""

from collections.abc import Mapping

STAFF = ("nobody", "gone", "roleless", "support", "operator", "finance", "auditor", "superuser")
PAGES: Mapping[str, int] = {"+": 200, ">": 302, "!": 403, "0": 404}
# +: the page   >: to the sign-in page   !: refused   0: there is nothing
#
# gone: signed in, and no longer staff since. A row of a list stands also for the pages of its documents; one
# that ends with the name of an action, for the page that asks for the reason.
CONSOLE = """
#                                             nob gon | rol sup ope fin aud sup
/admin/                                        >   >  |  +   +   +   +   +   +
/admin/as/                                     >   >  |  !   +   !   !   +   +
/admin/breach-scope/                           >   >  |  !   !   +   !   +   +
/admin/find/                                   >   >  |  +   +   +   +   +   +
/admin/health/                                 >   >  |  !   +   +   !   +   +
/admin/incidents/                              >   >  |  !   +   +   !   +   +
/admin/limits/                                 >   >  |  !   +   +   !   +   +
/admin/jsi18n/                                 >   >  |  +   +   +   +   +   +
/admin/families/                               >   >  |  0   +   0   +   +   +
/admin/families/emergencyunfreeze/             >   >  |  !   +   !   +   +   +
/admin/families/family/                        >   >  |  !   +   !   +   +   +
/admin/families/family/ demote                  >   >  |  !   +   !   !   !   +
/admin/families/family/ designate               >   >  |  !   +   !   !   !   +
/admin/families/family/ dissolve                >   >  |  !   +   !   !   !   +
/admin/families/family/ promote                 >   >  |  !   +   !   !   !   +
/admin/families/family/ remove                  >   >  |  !   +   !   !   !   +
/admin/families/family/ stand_down              >   >  |  !   +   !   !   !   +
/admin/families/familyperson/                  >   >  |  !   +   !   !   +   +
/admin/families/familyperson/ change_limits    >   >  |  !   +   !   !   !   +
/admin/identity/                               >   >  |  0   +   0   +   +   +
/admin/identity/permanenttoken/                >   >  |  !   +   !   !   +   +
/admin/identity/permanenttoken/ revoke         >   >  |  !   +   !   !   !   +
/admin/identity/session/                       >   >  |  !   +   !   !   +   +
/admin/identity/session/ end                   >   >  |  !   +   !   !   !   +
/admin/identity/staffrole/                     >   >  |  !   !   !   !   +   +
/admin/identity/user/                          >   >  |  !   +   !   +   +   +
/admin/identity/user/ clear_counters           >   >  |  !   +   !   !   !   +
/admin/identity/user/ confirm_email            >   >  |  !   +   !   !   !   +
/admin/identity/user/ end_sessions             >   >  |  !   +   !   !   !   +
/admin/identity/user/ disable                  >   >  |  !   +   !   !   !   +
/admin/identity/user/ reset_second_factor      >   >  |  !   +   !   !   !   +
/admin/identity/user/ enable                   >   >  |  !   +   !   !   !   +
/admin/identity/user/ view_as                  >   >  |  !   +   !   !   +   +
/admin/invitations/                            >   >  |  0   +   0   0   +   +
/admin/invitations/familyinvitation/           >   >  |  !   +   !   !   +   +
/admin/invitations/familyinvitation/ cancel    >   >  |  !   +   !   !   !   +
/admin/invitations/familyinvitation/ expire    >   >  |  !   +   !   !   !   +
/admin/invitations/familyinvitation/ resend    >   >  |  !   +   !   !   !   +
/admin/ops/                                    >   >  |  0   +   +   0   +   +
/admin/ops/accessrule/                         >   >  |  !   !   +   !   +   +
/admin/ops/accessrule/ remove                  >   >  |  !   !   +   !   !   +
/admin/ops/auditentry/                         >   >  |  !   !   +   !   +   +
/admin/ops/limitoverride/                      >   >  |  !   +   +   !   +   +
/admin/ops/limitoverride/ end                  >   >  |  !   !   +   !   !   +
/admin/ops/mail/                               >   >  |  !   +   +   !   +   +
/admin/ops/mail/ resend                        >   >  |  !   +   +   !   !   +
/admin/ops/securityevent/                      >   >  |  !   !   +   !   +   +
/admin/ops/securityevent/ resolve              >   >  |  !   !   +   !   !   +
/admin/runs/                                   >   >  |  +   +   +   +   +   +
/admin/runbook/                                >   >  |  !   +   +   !   +   +
/admin/times/                                  >   >  |  +   +   +   +   +   +
/admin/tokens/                                 >   >  |  0   0   0   +   +   +
/admin/tokens/allowance/                       >   >  |  !   !   !   +   +   +
/admin/tokens/allowance/ stop                  >   >  |  !   !   !   +   !   +
/admin/tokens/allowancepayment/                >   >  |  !   !   !   +   +   +
/admin/tokens/issuance/                        >   >  |  !   !   !   +   +   +
/admin/tokens/issuance/ confirm                >   >  |  !   !   !   +   !   +
/admin/tokens/issuance/ withdraw               >   >  |  !   !   !   +   !   +
/admin/tokens/purchaserequest/                 >   >  |  !   !   !   +   +   +
/admin/tokens/purchaserequest/ cancel          >   >  |  !   !   !   +   !   +
/admin/tokens/purchaserequest/ expire          >   >  |  !   !   !   +   !   +
/admin/tokens/sbdaccount/                      >   >  |  !   !   !   +   +   +
/admin/tokens/sbdaccount/ freeze               >   >  |  !   !   !   +   !   +
/admin/tokens/sbdaccount/ issue                >   >  |  !   !   !   +   !   +
/admin/tokens/sbdaccount/ unfreeze             >   >  |  !   !   !   +   !   +
/admin/tokens/sbdentry/                        >   >  |  !   !   !   +   +   +
/admin/tokens/sbdtransaction/                  >   >  |  !   !   !   +   +   +
/admin/tokens/sbdtransaction/ reverse          >   >  |  !   !   !   +   !   +
/admin/tokens/tokenrequest/                    >   >  |  !   !   !   +   +   +
/admin/tokens/tokenrequest/ cancel             >   >  |  !   !   !   +   !   +
/admin/tokens/tokenrequest/ expire             >   >  |  !   !   !   +   !   +
"""
