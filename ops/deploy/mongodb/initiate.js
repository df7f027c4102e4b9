// Makes the replica set, once, on the machine of its first member, and the two users. Safe to run again.
//
//   sudo -u mongodb mongosh --quiet initiate.js
//
// asks nothing and prints the passwords it has made, once. SBD_MEMBERS="a:27017,b:27017,c:27017" names several
// members; SBD_APP_PASSWORD, SBD_OPERATOR_PASSWORD and SBD_ROOT_PASSWORD give passwords of your own. Without users
// there is one connection that may make the first: from this machine (MongoDB's localhost exception). When it is
// there, run it again with SBD_ROOT_PASSWORD.
const members = (process.env.SBD_MEMBERS || "localhost:27017").split(",");
const made = {};

function password(variable) {
  const given = process.env[variable];
  return given || (made[variable] = require("crypto").randomBytes(24).toString("base64url"));
}

function isInitiated() {
  try {
    return db.hello().setName === "sbd";
  } catch (error) {
    return false;
  }
}

if (!isInitiated()) {
  rs.initiate({
    _id: "sbd",
    members: members.map((host, index) => ({ _id: index, host: host })),
    // Writes stand still for 3 s when the primary dies, at the defaults for 11 s.
    settings: { electionTimeoutMillis: 2000, heartbeatIntervalMillis: 660 },
  });
}
for (let tries = 0; !db.hello().isWritablePrimary; tries += 1) {
  if (tries > 300) {
    throw new Error("no primary after 60 s: look at rs.status()");
  }
  sleep(200);
}

const admin = db.getSiblingDB("admin");
const databases = ["second_brain_database", "second_brain_control"];
const of = (roles, names) => names.flatMap((name) => roles.map((role) => ({ role: role, db: name })));

if (process.env.SBD_ROOT_PASSWORD) {
  try {
    admin.auth("root", process.env.SBD_ROOT_PASSWORD);
  } catch (error) {
    // It is made below: the first time there is none.
  }
}
function isThere(name) {
  return admin.getUser(name) !== null;
}
let isFirst = false;
try {
  isFirst = !isThere("root");
} catch (error) {
  isFirst = admin.runCommand({ connectionStatus: 1 }).authInfo.authenticatedUsers.length === 0;
}
if (isFirst) {
  const chosen = password("SBD_ROOT_PASSWORD");
  admin.createUser({ user: "root", pwd: chosen, roles: ["root"] });
  admin.auth("root", chosen);
}

const cluster = (actions) => ({ resource: { cluster: true }, actions: actions });
function role(name, privileges, roles) {
  const description = { privileges: privileges, roles: roles };
  admin.getRole(name) === null
    ? admin.createRole({ role: name, ...description })
    : admin.updateRole(name, description);
}
// The product: its two databases, the one of the drills, and a look at how the server is.
role(
  "sbdApplication",
  [cluster(["inprog", "killop"])],
  [...of(["readWrite", "dbAdmin"], [...databases, "second_brain_drill"]), { role: "clusterMonitor", db: "admin" }],
);
// Whoever is on call: reads, sees, ends an operation, switches the profiler. Changes go through `manage.py`.
role(
  "sbdOperator",
  [
    cluster(["inprog", "killop"]),
    { resource: { db: "second_brain_database", collection: "" }, actions: ["enableProfiler"] },
    { resource: { db: "second_brain_database", collection: "system.profile" }, actions: ["find"] },
  ],
  [...of(["read"], databases), { role: "clusterMonitor", db: "admin" }],
);

function user(name, roleName, variable) {
  if (!isThere(name)) {
    admin.createUser({ user: name, pwd: password(variable), roles: [{ role: roleName, db: "admin" }] });
  }
}
user("sbd", "sbdApplication", "SBD_APP_PASSWORD");
user("operator", "sbdOperator", "SBD_OPERATOR_PASSWORD");

Object.entries(made).forEach(([variable, value]) => print(`${variable}=${value}`));
print(`set ${rs.conf()._id}: ${rs.conf().members.map((member) => member.host).join(", ")}`);
