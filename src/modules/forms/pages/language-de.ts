import type { Words } from "./words";

export const german: Words = {
  direction: "ltr",
  fields: {
    required: () => "Dieses Feld ist erforderlich",
    not_text: () => "Dieses Feld muss Text sein",
    repeated: () => "Bitte nur einen Wert angeben",
    invalid_text: () => "Der Text enthält Zeichen, die wir nicht speichern können; bitte entfernen",
    line_break: () => "Bitte in einer Zeile angeben",
    too_short: (bound) => `Bitte mindestens ${bound} Zeichen angeben`,
    too_long: (bound) => `Bitte auf höchstens ${bound} Zeichen kürzen`,
    invalid_email: () => "Bitte eine E-Mail-Adresse angeben, zum Beispiel name@example.com",
    invalid_tel: () => "Bitte eine Telefonnummer angeben, nur mit Ziffern, Leerzeichen und + ( ) - . / x",
    invalid_url: () => "Bitte eine Internetadresse angeben, die mit https:// oder http:// beginnt",
    invalid_number: () => "Bitte eine Zahl mit Punkt angeben, zum Beispiel 12 oder 12.5",
    invalid_integer: () => "Bitte eine ganze Zahl angeben, zum Beispiel 12",
    too_low: (bound) => `Bitte ${bound} oder mehr angeben`,
    too_high: (bound) => `Bitte ${bound} oder weniger angeben`,
    invalid_date: () => "Bitte ein Datum als Jahr-Monat-Tag angeben, zum Beispiel 2026-03-31",
    not_an_option: () => "Bitte eine der Möglichkeiten wählen",
    too_few: (bound) => `Bitte mindestens ${bound} wählen`,
    too_many: (bound) => `Bitte höchstens ${bound} wählen`,
    invalid_name: () => "Ein Feld hat einen Namen, der nicht verwendet werden kann",
    unexpected: () => "Dieses Formular fragt nicht nach diesem Feld",
    files_not_accepted: () => "Dieses Formular nimmt keine Dateien an; bitte die Nachricht ohne Datei senden",
  },
  errorHeading: (count) => (count === 1 ? "Bitte ein Feld prüfen" : `Bitte ${count} Felder prüfen`),
  errorIntro: "Es wurde noch nichts gesendet. Was Sie geschrieben haben, steht unverändert hier.",
  requiredNote: "Felder ohne den Zusatz „freiwillig“ sind erforderlich.",
  optional: "freiwillig",
  choose: "Bitte wählen",
  send: "Senden",
  sendAgain: "Noch einmal senden",
  honeypot: "Dieses Feld bitte leer lassen",
  thanksTitle: "Vielen Dank",
  thanksText: "Wir haben Ihre Nachricht erhalten.",
  back: "Zurück zur Website",
  tooManyTitle: "Zu viele Nachrichten",
  tooManyText: (wait) =>
    `Es wurde noch nichts gesendet. Ihr Text bleibt auf dieser Seite: Bitte warten Sie ${wait} und senden Sie ihn dann noch einmal.`,
  unavailableTitle: "Wir können Ihre Nachricht gerade nicht annehmen",
  unavailableText: (wait) =>
    `Ihr Text bleibt auf dieser Seite: Bitte warten Sie ${wait} und senden Sie ihn dann noch einmal. Er kommt nur einmal an, auch wenn Sie mehrmals senden.`,
  writeTo: (link) => `Sie können auch an ${link} schreiben.`,
  closedTitle: "Dieses Formular ist geschlossen",
  closedText:
    "Es nimmt zurzeit keine Nachrichten an, deshalb wurde nichts gesendet. Kopieren Sie Ihren Text, wenn Sie ihn behalten möchten.",
  captchaTitle: "Die Prüfung, dass Sie ein Mensch sind, fehlt",
  captchaText:
    "Es wurde noch nichts gesendet. Das Formular prüft das mit einem Skript auf der Seite der Website; in Ihrem Browser lief es nicht oder war noch nicht fertig. Kopieren Sie unten Ihren Text, gehen Sie zurück, erlauben Sie dort Skripte und senden Sie ihn noch einmal.",
  problems: {
    malformed_body: {
      title: "Wir konnten das Gesendete nicht lesen",
      text: "Die Nachricht kam unvollständig oder in unlesbarer Form an. Gehen Sie zurück, Ihr Browser hat den Text noch, und senden Sie ihn noch einmal.",
    },
    too_large: {
      title: "Die Nachricht ist zu groß",
      text: "Gehen Sie zurück, Ihr Browser hat den Text noch, und senden Sie eine kürzere Nachricht.",
    },
    unsupported_media_type: {
      title: "Wir konnten das Gesendete nicht lesen",
      text: "Die Seite hat die Nachricht in einer Form gesendet, die wir nicht lesen. Bitte sagen Sie es dem Betreiber der Website.",
    },
    origin_refused: {
      title: "Diese Seite darf hier keine Nachrichten senden",
      text: "Die Website, von der Sie kommen, gehört nicht zu diesem Formular. Bitte schreiben Sie von der Website des Betreibers aus.",
    },
    idempotency_key_reused: {
      title: "Diese Nachricht wurde schon mit anderem Text gesendet",
      text: "Gehen Sie zurück, laden Sie die Seite neu und senden Sie Ihre Nachricht noch einmal.",
    },
    bad_idempotency_key: {
      title: "Wir konnten das Gesendete nicht lesen",
      text: "Die Seite hat einen Schlüssel gesendet, den wir nicht lesen. Bitte sagen Sie es dem Betreiber der Website.",
    },
    not_found: {
      title: "Diese Seite gibt es nicht",
      text: "Prüfen Sie die Adresse oder gehen Sie zurück zur Website.",
    },
    form_gone: {
      title: "Dieses Formular gibt es nicht mehr",
      text: "Bitte suchen Sie auf der Website einen anderen Weg.",
    },
    rate_limited: {
      title: "Zu viele Nachrichten",
      text: "Bitte warten Sie, gehen Sie dann zurück und senden Sie Ihre Nachricht noch einmal.",
    },
    unavailable: {
      title: "Wir können Ihre Nachricht gerade nicht annehmen",
      text: "Gehen Sie zurück, Ihr Browser hat den Text noch, und senden Sie ihn gleich noch einmal.",
    },
    failed: {
      title: "Auf unserer Seite ist etwas schiefgegangen",
      text: "Gehen Sie zurück, Ihr Browser hat den Text noch, und senden Sie ihn gleich noch einmal.",
    },
  },
  optIn: {
    askTitle: "Waren Sie das?",
    askText: (form) =>
      `Ihre E-Mail-Adresse wurde im Formular „${form}“ angegeben. Bitte bestätigen Sie, dass Sie das waren.`,
    confirm: "Ja, bestätigen",
    notMe:
      "Wenn Sie das nicht waren, sagen Sie es uns: Das Gesendete wird verworfen, und wir schreiben Ihnen nicht mehr.",
    decline: "Nein, das war ich nicht",
    confirmedTitle: "Vielen Dank, Ihre Adresse ist bestätigt",
    confirmedText: "Wir haben erhalten, was Sie gesendet haben.",
    declinedTitle: "Danke, dass Sie es uns gesagt haben",
    declinedText: "Das Gesendete wird verworfen, und an diese Adresse schreiben wir nicht mehr.",
    expiredTitle: "Dieser Link ist abgelaufen",
    expiredText: "Nichts ist verloren: Lassen Sie sich einen neuen senden.",
    again: "Neuen Link senden",
    againTitle: "Bitte sehen Sie in Ihr Postfach",
    againText:
      "Ein neuer Link ist unterwegs, außer wir haben Ihnen in den letzten 24 Stunden einen gesendet: Dann verwenden Sie bitte diesen.",
    unknownTitle: "Dieser Link ist nicht gültig",
    unknownText: "Bitte öffnen Sie den Link genau so, wie er in der Mail steht.",
  },
  waitlist: {
    title: "Ihr Platz auf der Warteliste",
    place: (position, total) => `Sie haben Platz ${position} von ${total}.`,
    invited: "Sie sind an der Reihe: Sie sind eingeladen.",
    unconfirmed: "Ihre Adresse ist noch nicht bestätigt.",
    friends: (count, shown) =>
      count === 1
        ? "Eine Person ist über Ihren Link gekommen."
        : `${shown} Personen sind über Ihren Link gekommen.`,
    share: "Teilen Sie diesen Link. Für jede Person, die darüber kommt und bestätigt, rücken Sie vor:",
    status: "Sehen, wie sich Ihr Platz ändert",
  },
};
