/* A ledger from a workbook: looked through first, written only when nothing is wrong. */

import { send } from "../shared/api.js";
import { joined } from "../shared/directions.js";
import { byId, el, within } from "../shared/dom.js";
import { count } from "../shared/format.js";
import { _ } from "../shared/words.js";
import { openDialog, tend } from "./forms.js";
import { say } from "./status.js";

const SHOWN = 200;

/** @type {"people" | "zones" | "households" | null} */
let ledger = null;
/** @type {{ name: string, blob: Blob } | null} */
let content = null;
/** @type {() => Promise<void>} */
let onDone;

const titles = () => ({
  people: _("People and duties from a workbook"),
  zones: _("Zones and their households from a workbook"),
  households: _("Households from a workbook"),
});

/** The file as it was read once: what is written is what was looked through. @param {boolean} isCommitted */
function upload(isCommitted) {
  if (!content || !ledger) throw new Error(_("Choose a file first"));
  const form = new FormData();
  form.append("file", content.blob, content.name);
  return send(`/api/imports/${String(ledger)}`, form, { query: { commit: isCommitted } });
}

/** @param {Schema<"RowProblemOut">} problem */
function problemRow({ row, column, msg, mend }) {
  return el(
    "tr",
    {},
    [count(row), column, msg, mend].map((text, i) => el(i ? "td" : "th", { scope: i ? null : "row", text })),
  );
}

/** @param {Schema<"TableReportOut">} report */
function showReport(report) {
  const { rows, added, changed, problems, remarks } = report;
  byId("import-report").hidden = false;
  byId("import-sum").textContent = report.is_acceptable
    ? _("Nothing is wrong. Rows: %(rows)s; new: %(added)s; changed: %(changed)s. Nothing is written yet.", {
        rows,
        added,
        changed,
      })
    : _("Rows: %(rows)s; to mend: %(count)s. Nothing is written.", { count: problems.length, rows });
  byId("import-sum").className = report.is_acceptable ? "notice notice--good" : "notice";
  byId("import-problems").hidden = !problems.length;
  within(byId("import-problems"), "tbody").replaceChildren(...problems.slice(0, SHOWN).map(problemRow));
  byId("import-rest").textContent =
    problems.length > SHOWN ? _("Only the first %(count)s are shown", { count: SHOWN }) : "";
  byId("import-remarks").replaceChildren(
    ...remarks.slice(0, SHOWN).map(({ row, column, msg }) =>
      el("li", {
        text: joined([row === null ? "" : _("Row %(row)s", { row }), column, msg].filter(Boolean)),
      }),
    ),
  );
  byId("import-write").hidden = !report.is_acceptable;
}

function forget() {
  content = null;
  byId("import-report").hidden = true;
}

async function check() {
  const [file] = byId("import-file").files || [];
  if (!file) throw new Error(_("Choose a file first"));
  content = { name: file.name, blob: new Blob([await file.arrayBuffer()], { type: file.type }) };
  showReport(await upload(false));
  byId("import-sum").focus();
}

async function write() {
  const report = await upload(true);
  // Somebody may have changed something since it was looked through.
  if (!report.is_committed) {
    showReport(report);
    return;
  }
  byId("import").close();
  say(_("Written. New: %(added)s; changed: %(changed)s", report));
  await onDone();
}

function begin() {
  tend(byId("import-form"), check);
  tend(byId("import-report"), write);
  byId("import-file").addEventListener("change", forget);
}

/**
 * Opens the dialog for a ledger: people, zones or households.
 * @param {"people" | "zones" | "households"} name
 * @param {() => Promise<void>} done
 */
export function openImport(name, done) {
  if (!ledger) begin();
  ledger = name;
  onDone = done;
  forget();
  openDialog(byId("import"));
  byId("import-title").textContent = titles()[name];
  byId("import-template").href = `/api/templates/${name}.xlsx`;
}
