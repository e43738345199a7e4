"""Kinds about who does the work and with what."""

from __future__ import annotations

from landrelease.core.kind import Field, Kind
from landrelease.core.kinds.common import (
    OWN,
    PLAIN,
    WIKI,
    YES_NO,
    choice,
    choices,
    count,
    day,
    moment,
    number,
    reference,
    references,
    text,
)

_SCOPES = "manual_clearance BAC EOD MDD mechanical TS NTS EORE"
_S17 = "safety rule S17"

TEAM = Kind(
    "team", "Team", "none",
    (
        *PLAIN,
        choice("team_type", "Kind of team.",
               "NTS TS manual mechanical animal EOD BAC risk_education medical inspection"),
        choice("team_status", "Where it stands in its life.",
               "forming mobilised accredited tasked stood_down", source=OWN),
        count("deminers", "People who search.", source=OWN),
        choice("school", "Standard in which it was trained.",
               "imas national military_engineer other", source=OWN),
        reference("leader", "Leader.", "person"),
        references("members", "Members.", "person"),
        text("base", "Place from which it works, as a name.", source=OWN),
        day("mobilised_on", "Day of mobilisation.", source=OWN),
        day("stood_down_on", "Day on which it was stood down.", source=OWN),
    ),
    legend=("team", "teams", "tim", "команда"),
    group="capacity",
    definition="People who work together under one leader.",
)
PERSON = Kind(
    "person", "Person (competence; erasable)", "none",
    (
        *PLAIN[:1], *PLAIN[2:],
        text("person_name", "Name.", personal=True, source=_S17, synonyms="person_name full_name"),
        text("contact", "Telephone or address.", personal=True, source=_S17),
        Field("born_on", "date", "Day of birth.", personal=True, source=_S17),
        choice("role", "What the person is in the programme.",
               "deminer team_leader medic machine_operator dog_handler surveyor inspector "
               "planner information_manager liaison authority administrator other", source=OWN),
        choices("competences", "What the person may do.", _SCOPES, source="dma_accreditation"),
        day("trained_on", "Day on which the last training ended.", source="IMAS 06.10"),
        day("training_until", "Last day on which that training counts.", source="IMAS 06.10",
            future=True),
        choice("eod_level", "Level of EOD competence.", "none 1 2 3 3+",
               source="IMAS 09.30, T&EP 09.30"),
        text("public_key", "Ed25519 public key, 64 hex digits, with which decisions are signed.",
             source="safety rule S09"),
        day("key_until", "Last day on which the key counts.", source="safety rule S09",
            future=True),
        choice("may_vouch", "Whether the person may vouch for the keys of others.", YES_NO,
               source="safety rule S09"),
        choice("erased", "Whether the person was erased.", YES_NO, source=_S17),
        text("erasure_reason", "Why the person was erased.", source=_S17),
    ),
    legend=("person", "persons", "staff", "osoba"),
    group="capacity",
    definition="Somebody who works, decides or reports; the name stands beside the chain and can "
               "be erased.",
    decisions=(("may_vouch", ("yes",)),),
)
MACHINE = Kind(
    "machine", "Machine", "none",
    (
        *PLAIN,
        choice("machine_type", "Kind of machine.",
               "flail tiller combined sifter excavator vegetation_cutter roller robot",
               source="IMAS 09.50"),
        text("model", "Model.", source=OWN),
        choice("remote_controlled", "Whether it is remote-controlled.", YES_NO, source=OWN),
        number("width_m", "Working width.", "m", maximum=20),
        number("depth_m", "Working depth.", "m", maximum=5),
        number("speed_m_s", "Working speed.", "m/s", maximum=10),
        number("turning_radius_m", "Turning radius.", "m", maximum=100),
        number("max_slope_deg", "Steepest slope.", "°", maximum=60),
        number("control_range_m", "Range of the remote control.", "m"),
        number("stand_off_m", "Distance at which people stay.", "m"),
        choice("machine_status", "State.", "ready repair withdrawn", source=OWN),
    ),
    legend=("machine", "machines", "masina", "stroj"),
    group="capacity",
    definition="A machine for clearance or ground preparation and what it can do.",
)
DETECTOR = Kind(
    "detector", "Detector (daily test)", "none",
    (
        *PLAIN,
        choice("detector_type", "Kind of detector.",
               "metal dual_sensor magnetometer large_loop dog rat ground_penetrating_radar",
               source=OWN),
        text("model", "Model.", source=OWN),
        text("serial_number", "Serial number.", source=OWN),
        day("tested_on", "Day of the last test.", source=OWN),
        choice("test_result", "Result of the last test.", "passed failed", source=OWN),
        text("test_target", "Target of the test.", source=OWN),
        number("test_depth_m", "Depth of the target.", "m", maximum=5),
        reference("team", "Team that uses it.", "team"),
    ),
    legend=("detector", "detectors", "detektor"),
    group="capacity",
    definition="An instrument or animal that detects, and its daily test.",
)
ACCREDITATION = Kind(
    "accreditation", "Accreditation (who may do what)", "none",
    (
        *PLAIN,
        text("accredited_organisation", "Organisation.", source="IMAS 07.30"),
        reference("team", "Team.", "team"),
        reference("person", "Person.", "person"),
        reference("machine", "Machine.", "machine"),
        choice("scope", "What it allows.", _SCOPES, source="dma_accreditation"),
        choice("accreditation_status", "Where it stands.",
               "requested documents_complete organisation_granted procedures_reviewed "
               "demonstrated granted refused suspended withdrawn expired",
               source="IMAS 07.30"),
        day("granted_on", "From when.", source="IMAS 07.30"),
        day("expires_on", "Until when.", source="IMAS 07.30", future=True),
        text("training", "Training on which it rests.", source="IMAS 07.30"),
        day("training_until", "Last day on which that training counts.", source="IMAS 06.10",
            future=True),
        text("returned_reason", "Why it was returned a step.", source="dma_accreditation"),
        text("certificate", "Number of the certificate.", source="IMAS 07.30"),
    ),
    legend=("accreditation", "akreditacija"),
    group="capacity",
    definition="Leave to do a kind of work, from when until when, on which training.",
    decisions=(("accreditation_status", ("granted",)),),
)
SESSION = Kind(
    "session", "Session (risk education)", "point",
    (
        *PLAIN,
        day("held_on", "Day.", source="IMAS 12.10"),
        choice("method", "How.",
               "presentation house_to_house school mass_media training_of_trainers digital",
               source=WIKI),
        reference("settlement", "Settlement.", "settlement"),
        *(count(f"reached_{who}", f"People reached: {who}.", source="IMAS 05.10, 12.10")
          for who in ("women", "men", "girls", "boys")),
        text("language", "Language.", source=OWN),
        choice("language_reviewed", "Whether a native speaker reviewed the words.", YES_NO,
               source="safety rule S18"),
        moment("started_at", "When it began."),
    ),
    legend=("risk education", "eore", "mre", "session", "sessions"),
    place_needed=False, group="capacity",
    definition="A session of risk education and whom it reached.",
)
