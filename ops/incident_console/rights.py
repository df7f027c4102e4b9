"""What staff must have to see incidents, and to do something about them."""

SEE, SEE_SECURITY = "ops.view_incident", "ops.view_security"
MANAGE, RESPOND = "ops.manage_incident", "ops.respond_security"
