"""The pages where a person signs in and consents: plain HTML, no script, everything that comes from outside escaped."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

from jinja2 import DictLoader, Environment

from graphmail.sandbox.call import Answer, ServiceError

_BASE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{{ title }} (sandbox)</title>
<style>body { font-family: sans-serif; max-width: 40em; margin: 2em auto } label, p { display: block; margin: .7em 0 }
button { margin-right: 1em }</style></head>
<body><p><strong>Sandbox</strong>: nobody here is real, and no password is asked for.</p>
<h1>{{ title }}</h1>
{% block content %}{% endblock %}
</body></html>
"""

_PERSON = """{% if people %}<label>Sign in as
<select name="username">{% for p in people %}
<option value="{{ p.user_principal_name }}">{{ p.display_name }} ({{ p.user_principal_name }}
{%- if p.directory_roles %}, administrator{% endif %})</option>{% endfor %}
</select></label>{% else %}<label>Sign in as <input name="username" placeholder="name@domain"></label>{% endif %}"""

_CONSENT = """<p>{{ client }} asks for:</p>
<ul>{% for s in scopes %}<li>{{ s }}</li>{% endfor %}</ul>"""

_TEMPLATES = {
    "base": _BASE,
    "person": _PERSON,
    "asked": _CONSENT,
    "code": """{% extends "base" %}{% block content %}
<form method="get"><label>Enter code <input name="user_code" autofocus></label><button>Next</button></form>
{% endblock %}""",
    "sign_in": """{% extends "base" %}{% block content %}
{% include "asked" %}
<form method="post">
{% for name, value in hidden.items() %}<input type="hidden" name="{{ name }}" value="{{ value }}">
{% endfor %}{% include "person" %}
<label>Consent <select name="consent"><option value="">what is granted already</option>
<option value="user">for this person</option><option value="tenant">for the organization</option></select></label>
<button name="decision" value="approve">Continue</button><button name="decision" value="decline">Cancel</button>
</form>{% endblock %}""",
    "admin_consent": """{% extends "base" %}{% block content %}
{% include "asked" %}<p>If you accept, this app gets access for all users of your organization.</p>
<form method="post">
{% for name, value in hidden.items() %}<input type="hidden" name="{{ name }}" value="{{ value }}">
{% endfor %}{% include "person" %}
<button name="decision" value="approve">Accept</button><button name="decision" value="decline">Cancel</button>
</form>{% endblock %}""",
    "text": """{% extends "base" %}{% block content %}<p>{{ text }}</p>{% endblock %}""",
    "post": """{% extends "base" %}{% block content %}<form method="post" action="{{ action }}">
{% for name, value in hidden.items() %}<input type="hidden" name="{{ name }}" value="{{ value }}">
{% endfor %}<button>Return to the application</button></form>{% endblock %}""",
}
_ENVIRONMENT = Environment(loader=DictLoader(_TEMPLATES), autoescape=True)

_HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store, no-cache",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
}


def page(template: str, title: str, status: int = 200, **values: Any) -> Answer:
    text = _ENVIRONMENT.get_template(template).render(title=title, **values)
    return Answer(status, text.encode(), dict(_HEADERS))


def error_page(error: ServiceError) -> Answer:
    """Show an AADSTS error to a person."""
    body = error.answer.body
    text = body.get("error_description") if isinstance(body, dict) else json.dumps(body)
    return page("text", "Sorry, but we're having trouble signing you in.", error.answer.status, text=text)


def send_back(redirect_uri: str, values: dict[str, str], mode: str = "query") -> Answer:
    """Send the browser back to the application: by redirect, or (form_post) by a form that the person sends."""
    if mode == "form_post":
        return page("post", "Signed in", action=redirect_uri, hidden=values)
    mark = "#" if mode == "fragment" else "&" if "?" in redirect_uri else "?"
    return Answer(302, None, {"Location": f"{redirect_uri}{mark}{urlencode(values)}", "Cache-Control": "no-store"})
