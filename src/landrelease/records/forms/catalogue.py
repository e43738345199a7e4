"""The forms of a programme, each over the kinds of record that it becomes.

What stands in each is what IMAS 05.10 (minimum data requirements), 07.40, 08.10, 10.20, 10.60 and
12.10 ask to be reported; a field keeps the name of the record's, so that a submission needs no
mapping.
"""

from __future__ import annotations

from landrelease.records.forms.form import Form, Part

DO_NOT_TOUCH = ("Do not approach. Do not touch. Keep others away, go back the way you came, and "
                "tell the authorities.")
NO_NAMES = "Write no names of victims, witnesses or informants anywhere in this form."
FROM_SAFE_GROUND = "Fill this in from safe ground only. Never step into a hazard to draw it."
PHOTO_OPTIONAL = "A photograph is not needed. Never go nearer to take one."

_ITEM = Part(
    "item", "Explosive ordnance found",
    ("found_on", "ordnance_category", "model", "quantity", "depth_m", "condition", "disposal",
     "destroyed_on", "found_in"),
    place="geopoint", place_needed=True, place_rough=True,
    needed=("ordnance_category", "quantity"),
    words={
        "ordnance_category": "What was found?", "quantity": "How many of this kind in this place?",
        "condition": "In which state was it?", "disposal": "What was done with it?",
        "found_in": "Where did it lie?"},
    when={"destroyed_on": "../disposal = 'destroyed'",
                           "quantity": "../ordnance_category != 'none_found'"})

_NTS = Form(
    "landrelease_nts", "Non-technical survey report",
    Part("activity", "The survey",
         ("information_date", "organisation", "teams", "task", "started_on", "ended_on",
          "activity_status", "description"),
         place="geopoint", place_needed=True, fixed={"activity_type": "NTS"},
         needed=("information_date", "organisation"),
         words={"information_date": "Day on which this was so"},
         parts=(
             Part("hazard", "Hazardous area",
                  ("name", "information_date", "hazard_type", "ordnance_suspected",
                   "ordnance_confirmed", "minefield_type", "blockage", "vegetation", "soil",
                   "slope_deg", "metal_contamination", "position_accuracy_m", "benchmark",
                   "land_use_expected", "beneficiaries_expected_women",
                   "beneficiaries_expected_men", "beneficiaries_expected_girls",
                   "beneficiaries_expected_boys", "security_threat"),
                  place="geoshape", place_needed=True,
                  fixed={"status": "open"},
                  needed=("hazard_type", "information_date"),
                  words={
                      "name": "Local name of the area",
                      "information_date": "Day on which this was so",
                      "hazard_type": "SHA (indirect evidence) or CHA (direct evidence)?",
                      "ordnance_confirmed": "Categories that direct evidence confirms",
                      "position_accuracy_m": "How far the outline may be off, in metres"},
                  parts=(
                      Part("evidence", "Evidence",
                           ("evidence_type", "evidence_kind", "says", "source_reliability",
                            "information_credibility", "ordnance_verification", "observed_on",
                            "ordnance", "description"),
                           place="geopoint", link="hazard",
                           needed=("evidence_type", "evidence_kind", "says")),)),)),
    notes=(FROM_SAFE_GROUND, NO_NAMES), photos=3)

_PROGRESS = Form(
    "landrelease_progress", "Survey and clearance progress of one day",
    Part("activity", "The day's work",
         ("activity_type", "information_date", "organisation", "teams", "joint_with", "task",
          "hazard", "operational_method", "machines", "detectors", "area_m2", "depth_m",
          "deminers", "hours", "hours_lost", "activity_status", "description"),
         place="geopoint", place_needed=True,
         needed=("activity_type", "information_date", "organisation", "operational_method",
                 "area_m2"),
         words={"information_date": "Day of the work",
                "joint_with": "Which other organisation did this work with you and reports it too?",
                "area_m2": "Ground finished on this day"},
         when={
             "machines": "../operational_method = 'mechanical' or ../operational_method = 'mixed'",
             "depth_m": "../activity_type != 'NTS'"},
         parts=(
             Part("outcome", "Ground that was searched",
                  ("information_date", "assets", "depth_m", "follow_up"),
                  place="geoshape", place_needed=True, link="activity",
                  fixed={"outcome_type": "searched"},
                  needed=("depth_m", "assets"),
                  words={"information_date": "Day of the work",
                                          "depth_m": "Depth of search",
                                          "follow_up": "Manual follow-up after a machine or an "
                                                       "animal"}),
             Part("item", _ITEM.title, _ITEM.asks, place=_ITEM.place, place_needed=True,
                  place_rough=_ITEM.place_rough, link="activity", words=_ITEM.words,
                  needed=_ITEM.needed, when=_ITEM.when))),
    photos=2)

_GATE_CHECKS = ("briefing", "medic", "ambulance", "communications", "weather", "threat",
                "closures", "accreditation", "detector_test")
_GATE = Form(
    "landrelease_gate", "Start-of-day gate",
    Part("gate", "Checks before work", ("day", "checked_at", "task", "team", *_GATE_CHECKS,
                                        "result", "worked_in_spite"),
         needed=("day", "checked_at", *_GATE_CHECKS, "result"),
         # A check without its hour does not outweigh an earlier one that failed.
         words={"checked_at": "Day and hour of the check", "result": "Can work start?",
                "worked_in_spite": "Was work done although the gate failed?"},
         when={"worked_in_spite": "../result = 'failed'"}),
    notes=("One check that fails closes the gate. Nobody can set it aside.",))

_EVACUATION = Form(
    "landrelease_evacuation", "Evacuation or drill",
    Part("gate", "The evacuation",
         ("gate_type", "day", "task", "team", "evacuation_reason", "evacuated_at", "clear_at",
          "people_on_site", "people_counted"),
         needed=("gate_type", "day", "evacuated_at"),
         only={"gate_type": ("evacuation", "evacuation_drill")},
         words={"gate_type": "Was it an evacuation or a drill?", "day": "Day on which it was",
                "evacuated_at": "When was it ordered?", "clear_at": "When were all out?",
                "people_on_site": "People on the list of the day",
                "people_counted": "People counted at the assembly point",
                "evacuation_reason": "Why, in one word, without military detail"}),
    notes=("After an evacuation the gate has to pass again before work goes on.",))

_FOUND = Form(
    "landrelease_item", "Item found",
    Part("item", _ITEM.title, ("organisation", "team", "hazard", *_ITEM.asks, "spot_task"),
         place="geopoint", place_needed=True, place_rough=True, words=_ITEM.words,
         needed=_ITEM.needed, when=_ITEM.when),
    notes=(FROM_SAFE_GROUND,), photos=2, photo_hint=PHOTO_OPTIONAL)

_ACCIDENT = Form(
    "landrelease_accident", "Accident or incident",
    Part("accident", "What happened",
         ("accident_class", "information_date", "occurred_at", "notified_at", "organisation",
          "task", "team", "activity", "hazard", "killed_women",
          "killed_men", "killed_girls", "killed_boys", "injured_women", "injured_men",
          "injured_girls", "injured_boys", "ordnance_category", "activity_at_the_time", "causes",
          "depth_m", "protective_equipment", "minutes_to_care", "site_preserved", "narrative",
          "detailed_report_at", "investigation", "investigating_organisation", "investigated_at",
          "corrective_action"),
         place="geopoint", place_needed=True, place_rough=True,
         needed=("accident_class", "information_date"),
         when={"investigating_organisation": "../investigation != 'none'",
               "investigated_at": "../investigation = 'closed'"},
         words={"information_date": "Day of the accident",
                "occurred_at": "Day and hour at which it happened",
                "notified_at": "When was the authority told?",
                "site_preserved": "Is the place left as it was until the investigation?",
                "protective_equipment": "Was protective equipment worn as ordered?",
                "causes": "Causes, as far as the review knows them"}),
    notes=(NO_NAMES, "Leave a number empty where it is not known. 0 means: nobody."), photos=2)

_INSPECTION = Form(
    "landrelease_inspection", "Inspection",
    Part("inspection", "The visit",
         ("inspected_on", "inspection_type", "inspecting_organisation", "inspected_organisation",
          "task", "visit_refused", "lot_size", "sample_size", "items_found",
          "detection_probability", "result", "nonconformity_type", "nonconformity_severity",
          "finding", "corrective_action", "corrected_on"),
         place="geoshape", needed=("inspected_on", "inspection_type", "visit_refused"),
         words={"inspected_on": "Day of the visit", "visit_refused": "Was the visit refused?"},
         when={
             "lot_size": "../inspection_type = 'sampling'",
             "sample_size": "../inspection_type = 'sampling'",
             "detection_probability": "../inspection_type = 'sampling'",
             "items_found": "../visit_refused != 'yes'",
             "result": "../visit_refused != 'yes'",
             "nonconformity_severity": "../nonconformity_type != 'none'"}),
    notes=("A result counts when the inspector has signed the record.",), photos=3)

_HANDOVER = Form(
    "landrelease_handover", "Hand-over of land",
    Part("handover", "The hand-over",
         ("handed_over_on", "organisation", "hazard", "depth_m", "land_use_intended",
          "present_women", "present_men", "present_girls", "present_boys", "residual_statement",
          "certificate"),
         place="geoshape", fixed={"handover_status": "planned"},
         needed=("handed_over_on", "hazard", "depth_m")),
    notes=("Land is handed over when the authority has signed. This form only reports.",),
    photos=2)

_COMMUNITY = Form(
    "landrelease_community", "Report from the community",
    Part("complaint", "What you want to tell",
         ("complaint_type", "received_on", "description"), place="geopoint",
         place_rough=True, fixed={"complaint_status": "open"}, needed=("complaint_type",),
         words={"complaint_type": "What is it about?",
                                 "received_on": "Today",
                                 "description": "What did you see or hear, and where?"}),
    notes=(DO_NOT_TOUCH, "Where you do not know a place, leave the map empty and describe it.",
           NO_NAMES),
    public=True, photos=1, photo_hint=PHOTO_OPTIONAL)

_SESSION = Form(
    "landrelease_risk_education", "Risk education session",
    Part("session", "The session",
         ("held_on", "organisation", "method", "settlement", "language", "language_reviewed",
          "reached_women", "reached_men", "reached_girls", "reached_boys"),
         place="geopoint", needed=("held_on", "method"),
         words={"held_on": "Day of the session", "method": "How was it held?",
                "language_reviewed": "Did a native speaker review the words?"}))

_MARKING = Form(
    "landrelease_marking", "Marking and fencing visit",
    Part("marking", "The marking",
         ("marking_type", "state", "organisation", "hazard", "placed_on", "checked_on", "signs",
          "permanent", "maintained_on", "removed_on", "removal_reason"),
         place="geotrace", needed=("marking_type", "state", "checked_on"),
         when={"removed_on": "../state = 'removed'", "removal_reason": "../state = 'removed'"}),
    notes=(FROM_SAFE_GROUND,), photos=2, photo_hint=PHOTO_OPTIONAL)

_ENVIRONMENT = Form(
    "landrelease_environment", "Environment: demolition places, soil, water",
    Part("environment", "What the work does to the place",
         ("environment_type", "observed_on", "organisation", "task", "hazard", "activity",
          "demolitions", "disturbed_m2", "depth_m", "soil_sampled", "soil_result", "measure",
          "restored", "restore_by", "restored_on"),
         place="geopoint", place_needed=True, needed=("environment_type", "observed_on"),
         words={"soil_sampled": "Was soil sampled?", "soil_result": "What did the sample show?",
                "measure": "What was done about it?", "restored": "Is the place restored?"},
         when={"demolitions": "../environment_type = 'demolition_place'",
               "soil_result": "../soil_sampled = 'yes'",
               "restore_by": "../restored != 'yes'", "restored_on": "../restored = 'yes'"}),
    notes=(FROM_SAFE_GROUND,), photos=3, photo_hint=PHOTO_OPTIONAL)

_PERMIT = Form(
    "landrelease_permit", "Request for a permit to enter",
    Part("permit", "The permit",
         ("holder_organisation", "information_date", "valid_from_time", "valid_until_time",
          "purpose"),
         place="geoshape", place_needed=True, fixed={"state": "requested"},
         needed=("holder_organisation", "information_date"),
         words={"holder_organisation": "Which organisation is to enter?",
                "information_date": "Today", "valid_from_time": "From when?",
                "valid_until_time": "Until when?", "purpose": "For what?"}),
    notes=("This form only asks for a permit. Nobody enters before it is granted.",))

FORMS: dict[str, Form] = {form.id: form for form in (
    _NTS, _PROGRESS, _GATE, _EVACUATION, _FOUND, _ACCIDENT, _INSPECTION, _HANDOVER, _COMMUNITY,
    _SESSION, _MARKING, _ENVIRONMENT, _PERMIT)}
