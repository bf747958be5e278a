"""Makes the pictures of cli/README.md from what the command prints and what its server answers:
cargo build -p paypos-cli && python3 docs/pictures.py target/debug/paypos"""
import html, html.parser, json, os, pathlib, pty, re, subprocess, sys, urllib.error, urllib.request

PAYPOS = sys.argv[1]
DOCS = pathlib.Path(__file__).parent
WIDTH, HEIGHT, MARGIN = 8.43, 17, 16
VOID = {"meta", "br", "img", "input", "link"}


def terminal(lines):
    """An SVG of what a terminal shows; half blocks are drawn, as fonts leave gaps between them."""
    columns = max(len(re.sub("\x1b[^m]*m", "", line)) for line in lines)
    size = (columns * WIDTH + 2 * MARGIN, len(lines) * HEIGHT + 2 * MARGIN)
    shapes = []
    for row, line in enumerate(lines):
        top = MARGIN + row * HEIGHT
        is_bold, is_code = line.startswith("\x1b[1m") or line.startswith("$"), line.startswith("\x1b[30;107m")
        line = re.sub("\x1b[^m]*m", "", line).rstrip("\r\n")
        if is_code:
            shapes.append(f'<rect x="{MARGIN}" y="{top}" width="{len(line) * WIDTH:.2f}" height="{HEIGHT}" fill="#fff"/>')
        for column, block in enumerate(line):
            if block in "█▀▄":
                y = top + (HEIGHT / 2 if block == "▄" else 0)
                height = HEIGHT if block == "█" else HEIGHT / 2
                x = MARGIN + column * WIDTH
                shapes.append(
                    f'<rect x="{x:.2f}" y="{y}" width="{WIDTH + 0.1:.2f}" height="{height}" fill="#000"/>'
                )
        text = html.escape(re.sub("[█▀▄]", " ", line).rstrip())
        weight = ' font-weight="bold"' if is_bold else ""
        if text:
            shapes.append(f'<text x="{MARGIN}" y="{top + 13}"{weight} xml:space="preserve">{text}</text>')
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{size[0]:.0f}" height="{size[1]}" font-size="14" '
        'font-family="ui-monospace, Menlo, Consolas, monospace" fill="#e6e6e6" shape-rendering="crispEdges">'
        f'<rect width="100%" height="100%" rx="8" fill="#161b22"/>{"".join(shapes)}</svg>\n'
    )


def on_a_terminal(*arguments):
    """The lines that a command writes to a terminal."""
    shown = []
    os.environ.update(COLUMNS="120", TERM="xterm")
    pty.spawn([PAYPOS, *arguments], lambda terminal: shown.append(os.read(terminal, 4096)) or b" ")
    text = b"".join(shown).decode()
    # What was written over is not seen.
    return [re.sub(r"^.*\r\x1b\[K", "", line.rstrip("\r")) for line in text.split("\n")]


class Xhtml(html.parser.HTMLParser):
    """The page as XML, which an SVG may contain."""

    def __init__(self):
        super().__init__()
        self.out = []

    def handle_starttag(self, tag, attributes):
        attributes = "".join(f' {name}="{html.escape(value or "")}"' for name, value in attributes)
        self.out.append(f"<{tag}{attributes}{'/' if tag in VOID else ''}>")

    def handle_endtag(self, tag):
        if tag not in VOID:
            self.out.append(f"</{tag}>")

    def handle_data(self, data):
        self.out.append(html.escape(data))


def page(text, style, width, height):
    """An SVG of a page, in the light."""
    parser = Xhtml()
    parser.feed(text)
    kind, body = re.search(r'<body class="(.*?)">(.*)</body>', "".join(parser.out), re.S).groups()
    # A picture is wider than the screen that it is shown on.
    style = re.sub(r"@media \(max-width.*?\n}\n", "", style, flags=re.S)
    style = re.sub(r"@media[^{]*\{\s*:root \{[^}]*\}\s*\}\s*", "", style).replace("body {", ".page {")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}">'
        '<rect width="100%" height="100%" rx="8" fill="#fff" stroke="#999"/>'
        f'<foreignObject width="{width}" height="{height}">'
        f'<div xmlns="http://www.w3.org/1999/xhtml" class="page {kind}"><style>{html.escape(style)}</style>{body}</div>'
        "</foreignObject></svg>\n"
    )


def run(*arguments, url=None):
    options = ["--simulator-url", url] if url else []
    return subprocess.run([PAYPOS, *arguments, *options], check=True, capture_output=True, text=True).stdout


demo = on_a_terminal("demo", "--phone", "approve")
demo = [*demo[: demo.index("It succeeded.") + 1], "…"]
(DOCS / "demo.svg").write_text(terminal(["$ paypos demo", *demo]))

server = subprocess.Popen([PAYPOS, "simulate", "--listen", "127.0.0.1:0", "--json"], stdout=subprocess.PIPE, text=True)
try:
    url = json.loads(server.stdout.readline())["url"]
    handoff = json.loads(run("sale", "149.90", "--reference-no", "ORDER-1042", "--json", url=url))
    read = lambda url: urllib.request.urlopen(url, timeout=20).read().decode()
    style = read(f"{url}/_paypos/page.css")
    (DOCS / "phone.svg").write_text(page(read(handoff["deeplink_url"]), style, 400, 590))
    run("phone", "approve", url=url)
    run("sale", "20.50", "--reference-no", "ORDER-1043", "--json", url=url)
    run("phone", "decline", url=url)
    run("sale", "75.00", "--reference-no", "ORDER-1044", "--json", url=url)
    call = urllib.request.Request(f"{url}/v1/softpos/init_sale_transaction", b'{"amount": 0.30000000000000004}')
    call.add_header("Session-Key", "unknown")
    call.add_header("Content-Type", "application/json")
    try:
        urllib.request.urlopen(call, timeout=20)
    except urllib.error.HTTPError:
        pass
    (DOCS / "desk.svg").write_text(page(read(f"{url}/_paypos/"), style, 800, 900))
finally:
    server.terminate()
    server.wait()
