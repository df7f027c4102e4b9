// ~/.mongoshrc.js of an operator: the runbook's lines name no database and no login, and mean ours.
// The login lies beside it, in ~/.sbd-mongo.json, readable to its owner only (chmod 600):
//   {"user": "operator", "password": "..."}
(() => {
  const fs = require("fs");
  const file = `${require("os").homedir()}/.sbd-mongo.json`;
  if (fs.existsSync(file)) {
    if (fs.statSync(file).mode & 0o077) {
      throw new Error(`others can read ${file}: chmod 600 ${file}`);
    }
    const login = JSON.parse(fs.readFileSync(file, "utf8"));
    db.getSiblingDB("admin").auth(login.user, login.password);
  }
  if (db.getName() === "test") {
    db = db.getSiblingDB("second_brain_database");
  }
})();
