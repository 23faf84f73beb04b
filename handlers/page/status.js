"use strict";

/* Asks status.json again and again, and draws what it says. All text of others goes through
 * textContent, so nothing of it can become markup. */
(() => {
	const PERIOD = 2000, SLOWEST = 10 * 1000;
	const SPAN = 5 * 60 * 1000; /* that the charts show */
	const GAP = 15 * 1000;      /* without a sample for longer: nothing is drawn between */
	const ROWS = 100;           /* of sessions */
	const KEPT = 60;            /* services with a history of their own */
	const STORE = "usherd-history";

	const $ = (id) => document.getElementById(id);
	const number = new Intl.NumberFormat("en");
	const short = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });

	/* ---- Making elements ---- */

	function make(tag, attributes = {}, ...children) {
		const svg = /^(svg|path|line|rect|circle|text)$/.test(tag);
		const made = svg ? document.createElementNS("http://www.w3.org/2000/svg", tag)
			: document.createElement(tag);

		for (const [name, value] of Object.entries(attributes))
			if (value !== undefined && value !== false)
				made.setAttribute(name, value === true ? "" : value);
		made.append(...children.filter((child) => child !== undefined));
		return made;
	}

	function say(element, text) {
		if (element.textContent !== String(text))
			element.textContent = text;
	}

	/* ---- Numbers in words ---- */

	function count(value) {
		return value < 100000 ? number.format(value) : short.format(value);
	}

	function rate(value) {
		if (value === undefined)
			return "–";
		return value < 10 && !Number.isInteger(value) ? value.toFixed(1) : count(Math.round(value));
	}

	function duration(ms) {
		const s = Math.floor(ms / 1000);
		const two = (large, unit, small, part) => `${Math.floor(large)} ${unit}${
			Math.floor(small) ? ` ${Math.floor(small)} ${part}` : ""}`;

		if (ms < 1000)
			return `${Math.round(ms)} ms`;
		if (s < 60)
			return `${s} s`;
		if (s < 3600)
			return two(s / 60, "min", s % 60, "s");
		if (s < 86400)
			return two(s / 3600, "h", s / 60 % 60, "min");
		return two(s / 86400, "d", s / 3600 % 24, "h");
	}

	function seconds(value) {
		return value === 0 ? "0 s" : value < 0.001 ? `${+(value * 1e6).toPrecision(2)} µs`
			: value < 1 ? `${+(value * 1000).toPrecision(2)} ms`
				: value < 60 ? `${+value.toPrecision(2)} s` : duration(value * 1000);
	}

	/* ---- History ---- */

	let history = [], started;

	/* What a sample holds: totals, and of some services the same. */
	function sample(data, now) {
		const all = { accepted: 0, refused: 0, sessions: 0, queued: 0, cpu: 0 };
		const per = {};

		for (const service of data.services.services) {
			const one = {
				accepted: service.connections_total, refused: service.refused_total,
				sessions: service.sessions, queued: service.queued,
				cpu: data.metrics.handler_cpu_seconds_total?.[service.service] ?? 0,
			};

			for (const key in all)
				all[key] += one[key];
			if (Object.keys(per).length < KEPT)
				per[service.service] = one;
		}
		return { at: now, all, per };
	}

	function remember(data, now) {
		if (started !== data.status.started)
			history = [];
		started = data.status.started;
		history.push(sample(data, now));
		while (history[0].at < now - SPAN - GAP)
			history.shift();
		try {
			sessionStorage.setItem(STORE, JSON.stringify({ started, history }));
		} catch {
			/* No room, or not allowed: the charts begin anew when the page is loaded. */
		}
	}

	function recall() {
		try {
			const kept = JSON.parse(sessionStorage.getItem(STORE) ?? "{}");

			if (kept.started && Array.isArray(kept.history))
				({ started, history } = kept);
		} catch {
			history = [];
		}
	}

	/* Points {at, value} of a key; of one service if it is named. Counters become rates. */
	function points(key, counter, name) {
		const found = [];
		let before;

		for (const { at, all, per } of history) {
			const value = (name === undefined ? all : per[name])?.[key];

			if (value === undefined) {
				before = undefined;
				continue;
			}
			if (!counter)
				found.push({ at, value });
			else if (before && at > before.at && at - before.at < GAP)
				found.push({ at, value: Math.max(0, value - before.value) * 1000 / (at - before.at) });
			before = { at, value };
		}
		return found;
	}

	const last = (list) => list[list.length - 1]?.value;

	/* ---- Drawing ---- */

	/* The next number whose half is a round one, too. */
	function ceiling(value) {
		const power = 10 ** Math.floor(Math.log10(Math.max(value, 1)));

		return [1, 2, 3, 4, 6, 8, 10].map((step) => step * power).find((top) => top >= value);
	}

	/* The outline of points, and of the area below them, in pieces where there are gaps. */
	function outline(list, x, y, bottom) {
		let path = "", area = "";

		list.forEach((point, i) => {
			const here = `${x(point.at).toFixed(1)} ${y(point.value).toFixed(1)}`;
			const joined = i > 0 && point.at - list[i - 1].at < GAP;
			const next = list[i + 1];

			path += (joined ? "L" : "M") + here;
			area += joined ? `L${here}` : `M${x(point.at).toFixed(1)} ${bottom}L${here}`;
			if (!next || next.at - point.at >= GAP)
				area += `L${x(point.at).toFixed(1)} ${bottom}Z`;
		});
		return { path, area };
	}

	function spark(svg, list, kind, now) {
		const width = 120, height = 26;
		const top = Math.max(...list.map((point) => point.value), 1e-9);
		const x = (at) => width - (now - at) / SPAN * width;
		const y = (value) => height - 2 - value / Math.max(top, 1) * (height - 4);
		const { path, area } = outline(list, x, y, height);

		svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
		svg.setAttribute("preserveAspectRatio", "none");
		svg.setAttribute("class", `${svg.dataset.class ?? ""} ${kind}`);
		svg.replaceChildren(make("path", { class: "area", d: area }), make("path", { class: "path", d: path }));
	}

	/* A chart with axes. series: {name, kind, list}. */
	function draw(chart, series, unit, now) {
		const svg = chart.svg;
		const width = Math.max(svg.clientWidth, 200), height = 190;
		const left = 38, right = 10, bottom = height - 20, top = 8;
		const most = ceiling(Math.max(0, ...series.flatMap(({ list }) => list.map((p) => p.value))));
		const x = (at) => width - right - (now - at) / SPAN * (width - left - right);
		const y = (value) => bottom - value / most * (bottom - top);
		const drawn = [];

		for (const share of [0, 0.5, 1]) {
			const at = Math.round(y(most * share)) + 0.5;

			drawn.push(make("line", { class: "grid", x1: left, x2: width - right, y1: at, y2: at }),
				make("text", { class: "tick", x: left - 6, y: at + 4, "text-anchor": "end" },
					short.format(most * share)));
		}
		for (const minute of width < 420 ? [0, 1, 2, 3, 5] : [0, 1, 2, 3, 4, 5])
			drawn.push(make("text", {
				class: "tick", x: x(now - minute * 60000), y: height - 5,
				"text-anchor": minute ? minute === 5 ? "start" : "middle" : "end",
			}, minute ? `−${minute} min` : "now"));
		for (const { list, kind } of series) {
			const visible = list.filter((point) => point.at >= now - SPAN);
			const { path, area } = outline(visible, x, y, bottom);
			const end = visible[visible.length - 1];

			drawn.push(make("path", { class: `area ${kind}`, d: area }),
				make("path", { class: `path ${kind}`, d: path }));
			if (end)
				drawn.push(make("circle", { class: `dot ${kind}`, cx: x(end.at), cy: y(end.value), r: 3 }));
		}
		svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
		svg.setAttribute("aria-label", `${chart.title}, the last five minutes. Now: `
			+ series.map(({ name, list }) => `${name} ${rate(last(list))}`).join(", "));
		svg.replaceChildren(...drawn);
		series.forEach(({ list }, i) => say(chart.now[i], rate(last(list))));
		Object.assign(chart, { series, unit, at: now, x, left, width, right, topY: top, bottomY: bottom });
	}

	function addChart(title, keys) {
		const now = keys.map(() => make("b", {}, "–"));
		const svg = make("svg", { role: "img" });

		$("charts").append(make("div", { class: "chart" },
			make("div", { class: "bar" }, make("h2", {}, title),
				make("div", { class: "key" }, ...keys.map(([name, kind], i) =>
					make("span", { class: kind }, `${name} `, now[i])))), svg));
		const chart = { title, svg, now };

		svg.addEventListener("pointermove", (event) => point(chart, event));
		svg.addEventListener("pointerleave", () => {
			$("tip").hidden = true;
			svg.querySelector(".cursor")?.remove();
		});
		return chart;
	}

	/* What the values were where the pointer is. */
	function point(chart, event) {
		if (!chart.series)
			return;
		const box = chart.svg.getBoundingClientRect();
		const wanted = chart.at - (chart.width - chart.right - (event.clientX - box.left))
			/ (chart.width - chart.left - chart.right) * SPAN;
		const near = (list) => list.reduce((best, one) =>
			!best || Math.abs(one.at - wanted) < Math.abs(best.at - wanted) ? one : best, undefined);
		const first = near(chart.series[0].list);
		const tip = $("tip");

		if (!first)
			return;
		chart.svg.querySelector(".cursor")?.remove();
		chart.svg.append(make("line", {
			class: "cursor", x1: chart.x(first.at), x2: chart.x(first.at), y1: chart.topY, y2: chart.bottomY,
		}));
		tip.textContent = [new Date(first.at).toLocaleTimeString(), ...chart.series.map(({ name, list }) =>
			`${name} ${rate(near(list)?.value)}${chart.unit}`)].join("\n");
		tip.hidden = false;
		tip.style.top = `${event.clientY + 14}px`;
		tip.style.left = `${Math.min(event.clientX + 14, innerWidth - tip.offsetWidth - 8)}px`;
	}

	function bar(share, kind) {
		return make("svg", { viewBox: "0 0 100 9", preserveAspectRatio: "none", class: kind, "aria-hidden": "true" },
			make("rect", { class: "track", width: 100, height: 9, rx: 1 }),
			make("rect", { class: "fill", width: share > 0 ? Math.max(share * 100, 0.8) : 0, height: 9, rx: 1 }));
	}

	/* ---- Tiles ---- */

	const tiles = {};

	function tile(key, name, value, of, list, kind, now) {
		if (!tiles[key]) {
			const made = { number: make("span"), of: make("span", { class: "of" }), svg: make("svg", { "aria-hidden": "true" }) };

			tiles[key] = made;
			$("tiles").append(make("div", { class: "tile" }, make("div", { class: "name" }, name),
				make("div", { class: "number" }, made.number, made.of), made.svg));
		}
		say(tiles[key].number, value);
		say(tiles[key].of, of);
		spark(tiles[key].svg, list, kind, now);
	}

	function showTiles({ status }, now) {
		const accepted = points("accepted", true), refused = points("refused", true), cpu = points("cpu", true);

		tile("sessions", "Sessions", count(status.sessions), `of ${count(status.max_sessions)}`,
			points("sessions"), "accent", now);
		tile("queued", "Waiting", count(status.queued), "", points("queued"), "wait", now);
		tile("accepted", "Connections", rate(last(accepted)), "a second", accepted, "flow", now);
		tile("refused", "Refused", rate(last(refused)), "a second", refused, "bad", now);
		tile("cpu", "Processors", last(cpu) === undefined ? "–" : last(cpu).toFixed(2), "in use",
			cpu, "accent", now);
	}

	/* ---- Services ---- */

	const STATES = {
		running: "good", disabled: "", drained: "", closed: "",
		full: "wait", draining: "wait", leaving: "wait", closing: "wait", lacking: "wait",
	};
	const services = new Map();
	const columns = [["State"], ["Sessions"], ["Waiting", "n"], ["Accepted", "n"], ["A second", "n"],
		["Refused", "n"], ["Failed", "n"], ["Last 5 min"], ["Listens on"]];

	function stateKind(state) {
		return STATES[state] ?? "bad";
	}

	function addService(table, name, index) {
		const id = `details-${index}`;
		const button = make("button", { class: "more", type: "button", "aria-expanded": "false", "aria-controls": id }, name);
		const cells = columns.map(([label, kind]) => make("td", { "data-label": label, class: kind }));
		const panels = make("div", { class: "panels" });
		const details = make("tr", { class: "details", id, hidden: true },
			make("td", { colspan: columns.length + 1 }, panels));
		const pill = make("span", { class: "pill" });
		const spark = make("svg", { class: "spark", "aria-hidden": "true" });
		const sessions = make("span"), meter = make("span", { class: "meter" });
		const body = make("tbody", {}, make("tr", { class: "main" }, make("th", { scope: "row" }, button), ...cells), details);
		const made = { body, cells, details, panels, pill, spark, sessions, meter };

		spark.dataset.class = "spark";
		cells[0].append(pill);
		cells[1].append(sessions, meter);
		cells[7].append(spark);
		cells[8].classList.add("peer");
		button.addEventListener("click", () => {
			details.hidden = !details.hidden;
			button.setAttribute("aria-expanded", String(!details.hidden));
			if (latest)
				showDetails(made, name, latest);
		});
		table.append(body);
		services.set(name, made);
		return made;
	}

	function addresses(service) {
		return service.listen.map((port) => port.address + (port.note ? ` (${port.note})` : "")
			+ (port.error ? ` (${port.error}, again in ${duration(port.retry_ms ?? 0)})` : "")).join(", ");
	}

	function showService(made, service, data, now) {
		const values = [, , service.queued, service.connections_total, undefined, service.refused_total,
			service.spawn_failures_total];
		const flow = points("accepted", true, service.service);

		say(made.pill, service.state);
		made.pill.className = `pill ${stateKind(service.state)}`;
		say(made.sessions, `${count(service.sessions)} of ${count(service.instances)}`);
		made.meter.replaceChildren(bar(service.sessions / Math.max(service.instances, 1),
			service.sessions >= service.instances ? "wait" : "accent"));
		values.forEach((value, i) => {
			if (value !== undefined) {
				say(made.cells[i], count(value));
				made.cells[i].classList.toggle("none", value === 0);
			}
		});
		say(made.cells[4], rate(last(flow)));
		made.cells[4].classList.toggle("none", !last(flow));
		say(made.cells[8], addresses(service));
		spark(made.spark, flow, "flow", now);
		showDetails(made, service.service, data);
	}

	/* ---- What a service can be opened for ---- */

	function panel(title, ...children) {
		return make("div", { class: "panel" }, make("h3", {}, title), ...children);
	}

	/* rows: [label, count] */
	function bars(rows, kind, words) {
		const most = Math.max(1, ...rows.map(([, value]) => value));

		return make("div", { class: `rows${words ? " words" : ""}` }, ...rows.flatMap(([label, value]) => [
			make("span", { class: "label" }, label), bar(value / most, kind), make("span", { class: "n" }, count(value))]));
	}

	/* The bound that so large a share is not above. */
	function quantile(buckets, total, share) {
		const found = buckets.find(([, value]) => value >= total * share);

		return !found || found[0] === "+Inf" ? "more" : `≤ ${seconds(Number(found[0]))}`.replaceAll(" ", "\u00a0");
	}

	function times(title, histogram, kind, more) {
		if (!histogram?.count)
			return panel(title, make("p", {}, "None yet."));
		const buckets = Object.entries(histogram.bucket).sort(([a], [b]) =>
			(a === "+Inf") - (b === "+Inf") || a - b);
		const rows = buckets.map(([bound, value], i) => [
			bound === "+Inf" ? "more" : `≤ ${seconds(Number(bound))}`, value - (i ? buckets[i - 1][1] : 0)]);
		const used = rows.flatMap(([, value], i) => value ? [i] : []);

		/* What is empty at both ends is left out, but for one row. */
		return panel(title, bars(rows.slice(Math.max(0, used[0] - 1), used[used.length - 1] + 2), kind),
			make("p", {}, `mean ${seconds(histogram.sum / histogram.count)}, half ${
				quantile(buckets, histogram.count, 0.5)}, 99 % ${quantile(buckets, histogram.count, 0.99)}`),
			...more ? [make("p", {}, more)] : []);
	}

	function counts(title, found, kind, none) {
		const rows = Object.entries(found ?? {}).sort((a, b) => b[1] - a[1]);

		return panel(title, rows.length ? bars(rows, kind, true) : make("p", {}, none));
	}

	function showDetails(made, name, { metrics }) {
		if (made.details.hidden)
			return;
		const failures = metrics.spawn_failures_total?.[name];

		made.panels.replaceChildren(
			times("How long handlers ran", metrics.session_seconds?.[name], "accent",
				`${seconds(metrics.handler_cpu_seconds_total?.[name] ?? 0)} of processor time`),
			times("How long clients waited for one", metrics.queue_seconds?.[name], "wait"),
			counts("Refused, by reason", metrics.refused_total?.[name], "bad", "Nobody."),
			counts("Handlers’ ends, by status", metrics.handler_exits_total?.[name], "flow", "None yet."),
			...Object.keys(failures ?? {}).length ? [counts("Could not be started, at", failures, "bad", "")] : []);
	}

	function head(...titles) {
		return make("thead", {}, make("tr", {}, ...titles.map(([title, kind]) =>
			make("th", { scope: "col", class: kind }, title))));
	}

	function showServices(data, now) {
		let table = $("services-table").querySelector("table.live");
		const there = new Set(data.services.services.map((service) => service.service));

		if (!table) {
			table = make("table", { class: "live" }, head(["Service"], ...columns));
			$("services-table").replaceChildren(table);
		}
		for (const [name, { body }] of services)
			if (!there.has(name)) {
				body.remove();
				services.delete(name);
			}
		data.services.services.forEach((service, i) =>
			showService(services.get(service.service) ?? addService(table, service.service, `${i}-${now}`), service, data, now));
	}

	/* ---- Sessions ---- */

	function matches(session, words) {
		const text = `${session.service} ${session.peer} ${session.peer_port ?? ""} ${session.pid} ${session.session}`.toLowerCase();

		return words.every((word) => text.includes(word));
	}

	function sessionRow(session, cpu) {
		const used = session.cpu_ms ?? cpu[session.pid];
		const cell = (text, kind) => make("td", { class: kind }, String(text ?? "–"));

		return make("tr", { class: "main" }, make("th", { scope: "row" }, session.service),
			cell(session.session, "n extra"), cell(session.state, "extra"), cell(session.pid, "n"),
			cell(session.peer || "–", "peer"), cell(session.peer_port, "n extra"),
			cell(duration(session.duration_ms), "n"),
			cell(used === undefined ? undefined : duration(used), "n extra"));
	}

	function showSessions(data) {
		const words = $("filter").querySelector("input").value.toLowerCase().split(/\s+/).filter(Boolean);
		const all = data.sessions.sessions;
		const found = all.filter((session) => matches(session, words)).sort((a, b) => b.duration_ms - a.duration_ms);
		const shown = found.slice(0, ROWS);

		$("sessions-table").replaceChildren(shown.length
			? make("table", {}, head(["Service"], ["Session", "n extra"], ["State", "extra"], ["PID", "n"], ["Peer"],
				["Port", "n extra"], ["Age", "n"], ["Processor", "n extra"]),
				make("tbody", {}, ...shown.map((session) => sessionRow(session, data.cpu_ms ?? {}))))
			: make("p", { class: "empty" }, all.length ? "No session is like that." : "No handler runs."));
		say($("sessions-note"), found.length > shown.length
			? `The ${ROWS} oldest of ${number.format(found.length)}.`
			: words.length ? `${number.format(found.length)} of ${number.format(all.length)}.` : "");
	}

	/* ---- The whole ---- */

	function showStatus({ status }) {
		const state = $("state");
		const notices = status.degraded.map(({ what }) => ["", what]);

		state.hidden = false;
		state.className = `pill ${status.state === "running" ? "good" : "wait"}`;
		say(state, status.state);
		say($("facts"), `${status.version} on ${location.hostname}, up ${duration(status.uptime_ms)}`);
		if (status.resources !== "enough")
			notices.unshift(["bad", status.resources]);
		if (status.log_lost_total > 0)
			notices.push(["bad", `${count(status.log_lost_total)} lines of the log were lost`]);
		$("notices").replaceChildren(...notices.map(([kind, text]) => make("p", { class: `notice ${kind}` }, text)));
		document.title = `usherd: ${count(status.sessions)} sessions`;
	}

	function showSupervisor({ status }) {
		const when = (text) => text && !isNaN(new Date(text)) ? new Date(text).toLocaleString() : text;
		const rows = [["Configuration", status.configuration], ["Loaded", when(status.loaded)],
			["Last reload", status.last_reload], ["Process", `${status.pid}, as uid ${status.uid}`],
			["Started", when(status.started)], ["Handlers are started by", status.spawn],
			["Capabilities", status.capabilities], ["uid 0", status.uid_0],
			["Descriptors", `${count(status.descriptors)} of ${count(status.max_descriptors)}`], ["Resources", status.resources],
			["Late turns of the loop", status.late_turns && `${count(status.late_turns)}, the longest ${duration(status.longest_turn_ms)}`]];

		$("supervisor-table").replaceChildren(make("dl", {}, ...rows.flatMap(([name, value]) =>
			value === null || value === undefined || value === "" || value === 0 ? [] : [make("dt", {}, name), make("dd", {}, String(value))])));
	}

	const chartFlow = addChart("Connections a second", [["accepted", "flow"], ["refused", "bad"]]);
	const chartNow = addChart("At the same time", [["sessions", "accent"], ["waiting", "wait"]]);

	function showCharts(now) {
		draw(chartFlow, [{ name: "accepted", kind: "flow", list: points("accepted", true) },
			{ name: "refused", kind: "bad", list: points("refused", true) }], " a second", now);
		draw(chartNow, [{ name: "sessions", kind: "accent", list: points("sessions") },
			{ name: "waiting", kind: "wait", list: points("queued") }], "", now);
	}

	let latest, latestAt = 0, heard = 0;

	function show() {
		for (const id of ["tiles", "charts", "filter"])
			$(id).hidden = false;
		showStatus(latest);
		showTiles(latest, latestAt);
		showCharts(latestAt);
		showServices(latest, latestAt);
		showSessions(latest);
		showSupervisor(latest);
		document.documentElement.classList.remove("stale");
		say($("live"), "live");
	}

	/* Where answers take long they are asked for less often, up to SLOWEST. */
	async function poll() {
		const began = performance.now();

		try {
			const answer = await fetch("status.json", { cache: "no-store", signal: AbortSignal.timeout(20000) });

			if (!answer.ok)
				throw new Error(`it answers ${answer.status}`);
			latest = await answer.json();
			latestAt = heard = Date.now();
			remember(latest, latestAt);
			show();
		} catch (error) {
			document.documentElement.classList.add("stale");
			say($("live"), `no news${heard ? ` since ${new Date(heard).toLocaleTimeString()}` : ""}: ${error.message}`);
		}
		setTimeout(poll, Math.max(PERIOD, Math.min(SLOWEST, 4 * (performance.now() - began))));
	}

	$("filter").addEventListener("input", () => latest && showSessions(latest));
	addEventListener("resize", () => latest && showCharts(latestAt));
	recall();
	poll();
})();
