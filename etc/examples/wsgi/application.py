"""An application for any WSGI server (PEP 3333): a greeting, a form, and something that takes its time.

It knows nothing of usherd, of CGI or of its server. Try it by itself, one client at a time:

    python3 application.py          # http://127.0.0.1:8000/

or below httpd, where each request has a process of its own and nobody waits for another's: the script
www/cgi-bin/wsgi serves it so."""

import html
import time
import urllib.parse

BODY_MAX = 10000
SECONDS_MAX = 20

PAGE = """<!DOCTYPE html>
<html lang="en">
<title>{title}</title>
<h1>{title}</h1>
{content}
"""

FORM = """<form method="post" action="{base}/greet">
<label>Your name: <input name="name" required></label> <button>Greet me</button>
</form>
<p><a href="{base}/slow?seconds=3">Three seconds of thought</a>"""


def fields_of(text):
    return dict(urllib.parse.parse_qsl(text, keep_blank_values=True))


def index(environ):
    return "Good day", FORM.format(base=html.escape(environ.get("SCRIPT_NAME", "")))


def greet(environ):
    length = min(int(environ.get("CONTENT_LENGTH") or 0), BODY_MAX)
    name = fields_of(environ["wsgi.input"].read(length).decode("utf-8", "replace")).get("name")
    return f"Good day, {html.escape(name or 'stranger')}", "<p>How do you do?"


def slow(environ):
    wanted = fields_of(environ.get("QUERY_STRING", "")).get("seconds", "1")
    began = time.monotonic()
    time.sleep(min(float(wanted), SECONDS_MAX))
    return "Done", f"<p>from {began:.3f} to {time.monotonic():.3f}"


PLACES = {("GET", "/"): index, ("POST", "/greet"): greet, ("GET", "/slow"): slow}


def application(environ, start_response):
    method = environ["REQUEST_METHOD"].replace("HEAD", "GET")
    place = PLACES.get((method, environ.get("PATH_INFO") or "/"))
    status = "200 OK"
    try:
        title, content = place(environ) if place else ("Not found", "")
        status = "200 OK" if place else "404 Not Found"
    except ValueError:
        status, title, content = "400 Bad Request", "Pardon?", ""
    body = PAGE.format(title=title, content=content).encode()
    start_response(status, [("Content-Type", "text/html; charset=utf-8"),
                            ("Content-Length", str(len(body)))])
    return [body]


if __name__ == "__main__":
    from wsgiref.simple_server import make_server
    make_server("127.0.0.1", 8000, application).serve_forever()
