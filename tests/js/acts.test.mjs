import "./page.mjs";
import assert from "node:assert/strict";
import { test } from "node:test";
import { tilesOf } from "../../map_ui/static/js/embed/tiles.js";
import { homeOf, nextAddress } from "../../map_ui/static/js/login/ways.js";
import { lengthOf, phoneOf, wrongsOf } from "../../map_ui/static/js/order/wrongs.js";
import { linesOf, messageOf, needsLogin, Problem, versionOf, withQuery } from "../../map_ui/static/js/shared/api.js";
import { makeKey } from "../../map_ui/static/js/shared/keys.js";
import { deedName, doneName, isResidents, toldName } from "../../map_ui/static/js/shared/verbs.js";
import { actsOf, foreseen } from "../../map_ui/static/js/work/foresight.js";
import { bodyOf } from "../../map_ui/static/js/work/order.js";
import { isPassing, nextOf } from "../../map_ui/static/js/work/outbox.js";

const me = { person_id: "p", role: "handler" };
const cadre = { person_id: "q", role: "village_cadre" };
const item = (stage, handler = {}) => ({ id: "r", stage, handler: { person_id: "p", duty: "grid", ...handler } });

test("a handler is offered what the stage and their seat allow, the most likely first", () => {
  for (const [stage, handler, who, verbs] of [
    ["dispatched", {}, me, ["accept", "decline", "transfer"]],
    ["dispatched", { duty: "town_desk" }, me, ["accept", "transfer"]],
    ["dispatched", {}, cadre, ["accept", "transfer"]],
    ["dispatched", {}, { person_id: null, role: "village_cadre" }, ["transfer"]],
    ["accepted", {}, me, ["complete", "progress", "transfer"]],
    ["accepted", {}, cadre, ["transfer"]],
    ["completed", {}, me, []],
    ["completed", {}, cadre, ["rate"]],
    ["completed", { person_id: "q" }, cadre, []],
    ["rated", {}, cadre, []],
  ]) {
    assert.deepEqual(actsOf(item(stage, handler), who), verbs, `${stage} ${JSON.stringify(handler)} ${who.role}`);
  }
});

test("what is not sent yet is foreseen; what was refused is not", () => {
  const acts = (...verbs) => verbs.map((verb) => ({ verb, refusal: null }));
  assert.equal(foreseen(item("dispatched", { person_id: "x" }), acts("accept"), me).handler.person_id, "p");
  assert.equal(foreseen(item("dispatched"), acts("accept", "progress", "complete"), me).stage, "completed");
  assert.equal(foreseen(item("dispatched"), [{ verb: "accept", refusal: ["no"] }], me).stage, "dispatched");
  const given = foreseen(item("accepted"), acts("transfer"), me);
  assert.deepEqual([given.stage, given.isHandedOn, actsOf(given, me)], ["dispatched", true, []]);
});

test("a resident may do what the stage allows", () => {
  const verbs = ["rate", "reopen", "withdraw", "attach", "accept"];
  const offered = (stage) => verbs.filter((verb) => isResidents(verb, stage));
  assert.deepEqual(offered("dispatched"), ["withdraw", "attach"]);
  assert.deepEqual(offered("completed"), ["rate", "reopen", "attach"]);
  assert.deepEqual(offered("rated"), ["reopen"]);
  assert.deepEqual(offered("withdrawn"), []);
});

test("a verb has a word for each reader; one of a newer service none for the resident", () => {
  assert.deepEqual(
    [doneName("accept"), deedName("accept"), toldName("decline")],
    ["Accepted", "Accept", "Given to somebody else"],
  );
  assert.deepEqual([doneName("split"), deedName("split"), toldName("split")], ["split", "split", ""]);
});

test("no act overtakes a refused one of its case; others go on", () => {
  const act = (order, request, refusal = null) => ({ order, request, refusal });
  assert.equal(nextOf([]), undefined);
  assert.equal(nextOf([act(1, "a", ["no"]), act(2, "a"), act(3, "b")]).order, 3);
  assert.equal(nextOf([act(1, null, ["no"]), act(2, null)]).order, 2);
  assert.equal(nextOf([act(1, "a", ["no"]), act(2, "a")]), undefined);
});

test("another try may mend the network, the load and the sign-in, and nothing else", () => {
  for (const status of [0, 401, 408, 425, 429, 500, 503])
    assert.equal(isPassing(new Problem(status, {})), true, status);
  for (const status of [400, 403, 404, 409, 412, 422]) assert.equal(isPassing(new Problem(status, {})), false, status);
  assert.equal(isPassing(new DOMException("", "AbortError")), true);
  assert.equal(isPassing(new Error("a mistake of ours")), false);
});

test("an error is told in lines without repetition, with what would mend it", () => {
  const problem = new Problem(422, {
    detail: "wrong",
    type: "/problems/invalid-input",
    errors: [
      { loc: [], msg: "wrong", mend: "write it anew" },
      { loc: [], msg: "too long", mend: null },
    ],
  });
  assert.deepEqual(linesOf(problem), ["wrong", "write it anew", "too long"]);
  assert.equal(problem.code, "invalid-input");
  assert.deepEqual(linesOf(new Error("x")), ["x"]);
  assert.equal(messageOf("thrown as text"), "thrown as text");
  assert.equal(needsLogin(new Problem(403, { type: "/problems/must-change-password" })), true);
  assert.equal(needsLogin(new Problem(403, {})), false);
  assert.equal(new Problem(429, {}, "30").retryAfter, 30);
});

test("a query leaves out what has no value, and a body tells its version", () => {
  assert.equal(withQuery("/api/x", { a: "1", b: "", c: null, d: undefined, e: 2, f: false }), "/api/x?a=1&e=2");
  assert.equal(withQuery("/api/x", {}), "/api/x");
  assert.equal(versionOf({ version: '"7"' }), '"7"');
  assert.equal(versionOf({}), "");
});

test("a key that nobody else draws", () => {
  const keys = new Set(Array.from({ length: 200 }, makeKey));
  assert.equal(keys.size, 200);
  for (const key of keys) assert.match(key, /^[0-9a-f]{32}$/);
});

test("signing in never leads to another site", () => {
  const origin = "https://county.example";
  for (const asked of [
    "https://example.org/",
    "//example.org/",
    "/\\example.org/",
    "javascript:alert(1)",
    "http:example.org",
    "/login?next=/",
    "work",
  ]) {
    assert.equal(nextAddress(asked, "/work", origin), "/work", asked);
  }
  assert.equal(nextAddress("/admin?lang=en#keys", "/", origin), "/admin?lang=en#keys");
  assert.deepEqual(["handler", "auditor", "admin"].map(homeOf), ["/work", "/admin", "/"]);
});

test("what is missing of an order is said at its field", () => {
  const filled = {
    hasPlace: true,
    isConfirmed: true,
    service: "water",
    description: "漏水",
    phone: "13800000000",
    isConsented: true,
  };
  assert.deepEqual(Object.values(wrongsOf(filled)), ["", "", "", "", ""]);
  const wrong = (changes) =>
    Object.keys(wrongsOf(filled)).filter((field) => wrongsOf({ ...filled, ...changes })[field]);
  assert.deepEqual(wrong({ hasPlace: false }), ["place"]);
  assert.deepEqual(wrong({ isConfirmed: false }), ["place"]);
  assert.deepEqual(wrong({ service: "" }), ["service"]);
  assert.deepEqual(wrong({ description: " \n" }), ["description"]);
  assert.deepEqual(wrong({ description: "字".repeat(4001) }), ["description"]);
  assert.deepEqual(wrong({ description: "𠀀".repeat(4000) }), []);
  assert.deepEqual(wrong({ phone: "12345" }), ["phone"]);
  assert.deepEqual(wrong({ phone: "", isConsented: false }), ["consent"]);
  assert.equal(phoneOf("138 0000-0000"), "13800000000");
  assert.equal(lengthOf(" 𠀀 "), 1);
});

test("an order for a resident names a household, or else an area and an address", () => {
  const values = {
    service_code: "water",
    description: "漏水",
    channel: "phone",
    household_id: "",
    area_code: "",
    address: " ",
    contact_name: "",
    contact_phone: "",
  };
  assert.throws(() => bodyOf(values), /Find the household/);
  assert.deepEqual(bodyOf({ ...values, household_id: "h", area_code: "a" }).location, { household_id: "h" });
  assert.deepEqual(bodyOf({ ...values, area_code: "a", address: " 井边 " }).location, {
    area_code: "a",
    address: "井边",
  });
  assert.equal("contact" in bodyOf({ ...values, area_code: "a" }), false);
  assert.deepEqual(bodyOf({ ...values, area_code: "a", contact_phone: " 138 " }).contact, { name: "", phone: "138" });
});

test("the tiles of the farthest view hold the whole county", () => {
  assert.deepEqual(tilesOf({ bounds: [-180, -85, 180, 85], minzoom: 1 }), ["1/0/0", "1/0/1", "1/1/0", "1/1/1"]);
  assert.deepEqual(tilesOf({ bounds: [104, 36, 104.01, 36.01], minzoom: 8 }), ["8/201/100"]);
});
