"""Verbs as the questions of `eval.shapes` need them: what stands behind "do", "does" or "did" for what a sentence writes."""

from __future__ import annotations

_REGULAR = """abandon abolish accept accompany account achieve acquire activate add administer adopt advance air amend announce annex
    appear appoint approve arrange arrest arrive assassinate assemble attack attend attract award ban baptize base battle besiege
    block bombard borrow broadcast burn calculate cancel capture cede celebrate certify challenge change charge charter claim
    climb close coach collaborate collapse collect commence commission compete complete compose compile conclude conduct conquer
    consist construct contain contribute convert cover create cross crown debut declare decline decommission dedicate defeat
    defend deliver demolish depart deploy describe design destroy detonate develop devise direct disappear disband discontinue
    discover dispatch dissolve divorce donate draft earn edit educate elect elevate emerge emigrate employ enact encompass end
    enlist enrol enroll enter erect escape establish evacuate execute exhibit expand expel experience explode explore export
    extend feature fire float form formulate found fund gain gather graduate grant gross guard head hire host identify illustrate
    immigrate implement import inaugurate include incorporate increase inherit install institute introduce invade invent invest
    investigate issue join kill knight land last launch liberate license lobby locate manage manufacture march marry match
    measure merge migrate murder move nationalize negotiate nominate number obtain occupy offer open operate order ordain
    organize own paint partner pass patent perform pioneer play present preside privatize produce promote propose protect prove
    publish pull purchase raise ratify reach rebuild receive recognize reconstruct record recruit reelect register reign reject
    relaunch release relocate remain remove rename renovate repeal replace represent request rescue resettle resign resolve
    restore resume retire retreat return reveal revise revolt rule sack sail score secure separate serve settle sign sponsor
    start station store succeed sue supply surpass surrender survive suspend tour train transfer translate travel unite unveil
    use visit vote welcome work wound yield""".split()
_IRREGULAR = """become:became begin:began break:broke bring:brought build:built buy:bought catch:caught choose:chose come:came cost:cost
    cut:cut draw:drew fall:fell fight:fought find:found flee:fled fly:flew get:got give:gave go:went grow:grew hold:held lead:led
    leave:left lose:lost make:made meet:met overthrow:overthrew pay:paid put:put rise:rose run:ran sell:sold send:sent set:set
    shoot:shot sing:sang sink:sank speak:spoke spend:spent split:split stand:stood step:stepped take:took teach:taught
    undergo:underwent win:won withdraw:withdrew write:wrote ship:shipped ban:banned transfer:transferred drop:dropped
    stop:stopped submit:submitted admit:admitted equip:equipped expel:expelled rebuild:rebuilt broadcast:broadcast
    compel:compelled enrol:enrolled commit:committed permit:permitted patrol:patrolled""".split()


def _past(base: str) -> str:
    if base.endswith("e"):
        return f"{base}d"
    return f"{base[:-1]}ied" if base.endswith("y") and base[-2] not in "aeou" else f"{base}ed"


def third_person(base: str) -> str:
    """Return what stands behind "he" or "it".

    >>> third_person("carry"), third_person("publish"), third_person("run")
    ('carries', 'publishes', 'runs')
    """
    if base.endswith(("s", "x", "z", "ch", "sh", "o")):
        return f"{base}es"
    return f"{base[:-1]}ies" if base.endswith("y") and base[-2] not in "aeou" else f"{base}s"


_PAST_OF = (
    {base: _past(base) for base in _REGULAR}
    | dict(pair.split(":") for pair in _IRREGULAR)
    | {"make up": "made up", "consist of": "consisted of"}
)

# The past form with the form behind "did". "found" is what somebody founded, or found: told by nobody, so left out.
ACTS = {past: base for base, past in _PAST_OF.items() if past not in {"found", "cost", "cut", "put", "set", "split"}} | {"died": "die"}

# As a sentence writes it: "do", "does" or "did", and the form behind it.
BASES = (
    {past: ("did", base) for past, base in ACTS.items()}
    | {(f"{third_person(base.split()[0])} {base.partition(' ')[2]}").strip(): ("does", base) for base in _PAST_OF}
    | {"has": ("does", "have"), "had": ("did", "have"), "have": ("do", "have"), "cost": ("did", "cost")}
    | {
        base: ("do", base)
        for base in ("contain", "employ", "operate", "own", "produce", "cover", "account", "represent", "make up", "include", "serve")
    }
)

# Participles before "by", with the past form: what "was written by" somebody, somebody "wrote".
OWNS = {
    done: done
    for done in """founded established designed built directed invented discovered composed created developed introduced proposed painted
    produced published acquired bought led edited commissioned translated launched coined organized conquered defeated
    assassinated illustrated constructed sculpted choreographed devised formulated captured annexed appointed crowned murdered
    killed formed initiated hosted headed chaired purchased patented described named arranged performed sponsored installed
    excavated renovated restored organised pioneered manufactured""".split()
} | {"written": "wrote", "overthrown": "overthrew", "sung": "sang", "drawn": "drew", "given": "gave", "taken": "took", "chosen": "chose"}
RUNS = {"owned": "owns", "operated": "operates", "managed": "manages", "published": "publishes", "maintained": "maintains", "run": "runs",
        "administered": "administers", "governed": "governs", "led": "leads", "headed": "heads", "chaired": "chairs"}  # fmt: skip
