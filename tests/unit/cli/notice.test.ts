/** A notice's items, changes and texts: what is news, what to do, and nothing that comes to life. */
import assert from "node:assert/strict";
import { changesSince, isNews, knownNow } from "../../../provider/cli/notify/changes";
import { bodyOf } from "../../../provider/cli/notify/deliver";
import { noticeDocument } from "../../../provider/cli/notify/document";
import { doctorItems, reportItems, type Item } from "../../../provider/cli/notify/items";
import { formOf, targetOf } from "../../../provider/cli/notify/target";
import type { Diagnosis } from "../../../provider/cli/doctor/report";
import type { Finding } from "../../../provider/exchange/symptoms";
import type { Light, Report, Row } from "../../../provider/cli/report/model";
import { THRESHOLDS } from "../../../provider/exchange/lifetimes";
import { registerSecret } from "../../../provider/base/redact";

const NOW = new Date("2026-12-01T08:00:00Z");
const row = (light: Light, daysLeft: number, more: Partial<Row> = {}): Row => ({
  ...{ host: "EDGE01", fqdn: "edge01.contoso.com", role: "Edge", thumbprint: "A".repeat(40), subject: "CN=mail.contoso.com" },
  ...{ issuer: "CN=CA", friendlyName: "", services: ["SMTP"], isDefault: true, connectors: [], uses: ["default certificate"] },
  ...{ notBefore: "2026-01-01T00:00:00Z", notAfter: "2026-12-20T00:00:00Z", owed: null, due: false },
  ...{ light, daysLeft, left: `${daysLeft} days`, ...more },
});
const report = (...rows: Row[]): Report => ({ now: NOW.toISOString(), thresholds: THRESHOLDS, rows, hosts: [], failures: [] });
const document = (items: Item[], known = {}) => noticeDocument({ kind: "report", at: NOW, changes: changesSince(known, items), items });

describe("notice: what is news", () => {
  it("speaks of what alarms: not of green, unused or ignored certificates", () => {
    const all = [row("red", 9), row("green", 300), row("unused", 1), row("ignored", -3)];
    assert.deepEqual(
      reportItems(report(...all)).map(({ state }) => state),
      ["red"],
    );
    const failed = { name: "EDGE02", error: { code: "HOST_UNREACHABLE", sentence: "no answer", hint: "look" } };
    assert.deepEqual(
      reportItems({ ...report(), failures: [failed] }).map(({ key }) => key),
      ["unread|EDGE02|HOST_UNREACHABLE"],
    );
  });

  it("another day is no change; crossing a threshold and going away are", () => {
    const known = knownNow(reportItems(report(row("yellow", 40))));
    const since = (...rows: Row[]) => changesSince(known, reportItems(report(...rows)));
    assert.ok(!isNews(since(row("yellow", 39))));
    assert.deepEqual(
      since(row("red", 29)).changed.map(({ before, state }) => [before, state]),
      [["yellow", "red"]],
    );
    assert.equal(since(row("yellow", 39, { due: true })).changed.length, 1, "--fail-under is a threshold, too");
    assert.deepEqual(
      since().resolved.map(({ title }) => title),
      ["EDGE01: CN=mail.contoso.com ends on 2026-12-20"],
    );
    assert.deepEqual(since(row("yellow", 39), row("red", 9, { host: "EDGE02" })).added.length, 1);
    assert.ok(!isNews(changesSince({}, [])), "nothing to say of nothing");
  });

  it("of doctor's findings the past and the notices are none", () => {
    const places = [{ id: "2018", host: "EDGE01" }];
    const full: Finding = {
      ...{ id: "2018", severity: "error", host: "EDGE01", places, object: "the organisation" },
      ...{ seen: ["seen"], cause: "because", remedy: ["1. do", "2. this"], past: false },
    };
    const diagnosis: Diagnosis = {
      ...{ healthy: false, hosts: ["EDGE01"], hours: 24, unread: [] },
      findings: [full, { ...full, id: "old", past: true }, { ...full, id: "note", severity: "notice" }],
    };
    const items = doctorItems(diagnosis);
    assert.deepEqual(
      items.map(({ title, remedy }) => [title, remedy.length]),
      [["EDGE01: 2018 (the organisation)", 2]],
    );
    const worse = changesSince({ [items[0].key]: { state: "warning", title: "" } }, items);
    assert.equal(worse.changed[0].before, "warning");
  });
});

describe("notice: document and texts", () => {
  const hostile = "CN=<!channel> [x](http://evil) \u001B[31m\u202E*bold*";

  it("has everything for mail, Teams and Slack, with what to do", () => {
    const { texts, summary, changes } = document(reportItems(report(row("red", 9))));
    assert.match(summary, /^Exchange certificates: 1 new; 1 to look at in all$/);
    assert.equal(changes.added.length, 1);
    assert.match(
      texts.mail.body,
      /\[new\] EDGE01: CN=mail\.contoso\.com ends on 2026-12-20\n {4}A{40}, 9 days.*used by default certificate\n {4}→ Provide/,
    );
    const [card] = (texts.teams as { attachments: { contentType: string; content: { type: string; body: object[] } }[] }).attachments;
    assert.deepEqual([card.contentType, card.content.type], ["application/vnd.microsoft.card.adaptive", "AdaptiveCard"]);
    assert.ok(card.content.body.length >= 4);
    const slack = texts.slack as { text: string; blocks: { type: string; text: { type: string; text: string } }[] };
    assert.deepEqual(
      slack.blocks.map(({ type }) => type),
      ["header", "section"],
    );
    assert.ok(slack.blocks.every(({ text }) => text.type === "plain_text"));
  });

  it("nothing in it comes to life, and no secret gets in", () => {
    registerSecret("Sup3r-s3cret");
    const text = JSON.stringify(document(reportItems(report(row("red", 9, { subject: `${hostile} Sup3r-s3cret` })))));
    for (const one of ["\\u001b", "\u001B", "\u202E", "Sup3r-s3cret", '"TextBlock"', '"mrkdwn"']) assert.ok(!text.includes(one), one);
  });

  it("stays within what webhooks take", () => {
    const many = Array.from({ length: 200 }, (_one, i) => row("red", 9, { host: `EDGE${i}`, subject: `CN=${"x".repeat(3000)}` }));
    const built = document(reportItems(report(...many)));
    const { teams, slack } = built.texts;
    assert.ok(Buffer.byteLength(JSON.stringify(teams)) < 28_000);
    const { blocks } = slack as { blocks: { text: { text: string } }[] };
    assert.ok(blocks.length <= 50 && blocks.every(({ text }) => text.text.length <= 3000));
    assert.equal(built.items.length, 200, "the document has all");
  });

  it("is sent in the form that the target takes", async () => {
    const url = (text: string) => targetOf(text).then((target) => formOf(target, undefined));
    assert.equal(await url("https://hooks.slack.com/services/T0/B0/abcdefghijkl"), "slack");
    assert.equal(await url("https://contoso.webhook.office.com/webhookb2/0123456789"), "teams");
    assert.equal(await url("https://prod-1.westeurope.logic.azure.com/workflows/0123"), "teams");
    assert.equal(await url("https://example.net/hooks/0123456789"), "json");
    assert.equal(await url("mail -s x ops@contoso.com"), "json");
    const built = document(reportItems(report(row("red", 9))));
    assert.deepEqual(JSON.parse(bodyOf(built, "slack").text), built.texts.slack);
    assert.deepEqual(JSON.parse(bodyOf(built, "json").text), JSON.parse(JSON.stringify(built)));
    assert.match(bodyOf(built, "mail").text, /^Subject: Exchange certificates: .*\n\n/);
  });
});
