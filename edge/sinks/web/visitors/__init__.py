"""Visitors try the device with their own cameras: the websocket `/live-signs`, in the research project's protocol.

A visitor sends binary messages of at most 1 MiB. The first byte is the kind of the rest:

    0  a JPEG of the camera's current picture
    1  the same, and the landmarks found in it are to be sent back
    2  a take: for each frame its time in seconds, float64, little-endian, and its landmarks as after 3; at most 60 s
    3  the landmarks of one frame: float32, little-endian, 543 points of x, y, z (landmarkers/layout.py), in widths of
       the picture, NaN where unseen; as with a picture, the frame's time is the time at which it is received

The research project's page sends 0 and 1. The answers are JSON, each with one of these keys:

    detected_sign  {"sign_ar": "…", "sign_en": "…"}, beside it `confidence`; once for each sign
    landmarks      of a picture after byte 1: the 96 points [x, y, z, visibility] that the research project's page
                   draws: 6 of the pose, 68 of the face, 11 of the right hand, 11 of the left (`points.py` has their
                   numbers); x and y in shares of the picture's width and height, all four zero where unseen
    status         "idle" when no hand has been raised for 3 s; sent once until one is raised again
    take           of a take: "read", beside it the number of its `words`
    error          a sentence about an invalid message or a fault of the device; the session continues

The research project's page ignores what it does not know. Query parameters request more, and the visitor's pictures
are then not reshaped (see `image.py`): with `?words=1` each `detected_sign` has the whole word event beside it, as
`word`; with `?joints=1` the answers hold, instead of `landmarks`, `joints`: 21 points of the left hand, 33 of the pose
and 21 of the right hand, [x, y] in widths of the picture or null where unseen, and `aspect`, the picture's height by
its width.

A picture that is received before processing of the previous one has started replaces it. The server closes the
websocket with a reason:

    1003  a text message, or too many invalid messages in a row
    1009  a message was too long
    1011  the recognition is not available, or crashed on what came from the visitor's address, which waits longer
          each time
    1013  the maximum number of visitors is connected
    4403  visitors are disabled on this device
    4408  no valid message for half a minute, or the answers were not read
    4409  the visitor's turn is over, and another one came (`places.py` says when)

The content that visitors send is processed in one separate process, niced and with bounded memory, in which visitors
take turns. Once its networks are loaded it can open no file and no connection and start no program (`__main__.py`), so
that a new model needs a new process.
"""
