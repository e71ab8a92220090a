import type { Words } from "./words";

export const english: Words = {
  direction: "ltr",
  fields: {
    required: () => "This field is required",
    not_text: () => "Send this field as text",
    repeated: () => "Enter one value only",
    invalid_text: () => "This text holds characters that cannot be stored; remove them",
    line_break: () => "Enter this on one line",
    too_short: (bound) => `Enter at least ${bound} characters`,
    too_long: (bound) => `Shorten this to at most ${bound} characters`,
    invalid_email: () => "Enter one e-mail address, such as name@example.com",
    invalid_tel: () => "Enter a telephone number with digits, spaces and + ( ) - . / x only",
    invalid_url: () => "Enter a web address that begins with https:// or http://",
    invalid_number: () => "Enter a number, such as 12 or 12.5",
    invalid_integer: () => "Enter a whole number, such as 12",
    too_low: (bound) => `Enter ${bound} or more`,
    too_high: (bound) => `Enter ${bound} or less`,
    invalid_date: () => "Enter a date as year-month-day, such as 2026-03-31",
    not_an_option: () => "Choose one of the options",
    too_few: (bound) => `Choose at least ${bound}`,
    too_many: (bound) => `Choose at most ${bound}`,
    invalid_name: () => "A field has a name that cannot be used",
    unexpected: () => "This form does not ask for this field",
    files_not_accepted: () => "This form takes no files; send the message without it",
  },
  errorHeading: (count) =>
    count === 1 ? "One field needs your attention" : `${count} fields need your attention`,
  errorIntro: "Nothing was sent yet. What you wrote is kept below.",
  requiredNote: "Fields without the word “optional” are required.",
  optional: "optional",
  choose: "Please choose",
  send: "Send",
  sendAgain: "Send again",
  honeypot: "Leave this field empty",
  thanksTitle: "Thank you",
  thanksText: "We have received your message.",
  back: "Back to the site",
  tooManyTitle: "Too many messages",
  tooManyText: (wait) =>
    `Nothing was sent yet. Your text is kept on this page: wait ${wait}, then send it again.`,
  unavailableTitle: "We cannot take your message right now",
  unavailableText: (wait) =>
    `Your text is kept on this page: wait ${wait}, then send it again. It arrives once, however often you press the button.`,
  writeTo: (link) => `You can also write to ${link}.`,
  closedTitle: "This form is closed",
  closedText:
    "It takes no messages at the moment, so nothing was sent. Copy your text if you want to keep it.",
  captchaTitle: "The check that you are a person is missing",
  captchaText:
    "Nothing was sent yet. This form checks that by a script on the site's own page, which did not run in your browser or had not finished. Copy your text from below, go back, allow scripts there and send it again.",
  problems: {
    malformed_body: {
      title: "We could not read what was sent",
      text: "The message arrived incomplete or in a form we cannot read. Go back, your browser still has your text, and send it again.",
    },
    too_large: {
      title: "The message is too large",
      text: "Go back, your browser still has your text, and send a shorter message.",
    },
    unsupported_media_type: {
      title: "We could not read what was sent",
      text: "The page sent the message in a form we do not read. Please tell the owner of the site.",
    },
    origin_refused: {
      title: "This page may not send messages here",
      text: "The site you came from is not one of those this form belongs to. Please write from the owner's own site.",
    },
    idempotency_key_reused: {
      title: "This message was already sent with another text",
      text: "Go back, reload the page and send your message again.",
    },
    bad_idempotency_key: {
      title: "We could not read what was sent",
      text: "The page sent a key that we do not read. Please tell the owner of the site.",
    },
    not_found: { title: "There is no such page", text: "Check the address, or go back to the site." },
    form_gone: { title: "This form no longer exists", text: "Please look for another way on the site." },
    rate_limited: {
      title: "Too many messages",
      text: "Please wait, then go back and send your message again.",
    },
    unavailable: {
      title: "We cannot take your message right now",
      text: "Go back, your browser still has your text, and send it again in a moment.",
    },
    failed: {
      title: "Something went wrong on our side",
      text: "Go back, your browser still has your text, and send it again in a moment.",
    },
  },
  optIn: {
    askTitle: "Was this you?",
    askText: (form) => `Your e-mail address was given in the form “${form}”. Please confirm that it was you.`,
    confirm: "Yes, confirm",
    notMe: "If it was not you, say so: what was sent is dropped, and we write to you no more.",
    decline: "No, that was not me",
    confirmedTitle: "Thank you, your address is confirmed",
    confirmedText: "We have received what you sent.",
    declinedTitle: "Thank you for telling us",
    declinedText: "What was sent is dropped, and we write to this address no more.",
    expiredTitle: "This link has expired",
    expiredText: "Nothing is lost: let us send you a new one.",
    again: "Send a new link",
    againTitle: "Look into your mailbox",
    againText:
      "A new link is on its way, unless we sent you one in the last 24 hours: then please use that one.",
    unknownTitle: "This link is not valid",
    unknownText: "Please open the link exactly as it stands in the mail.",
  },
  waitlist: {
    title: "Your place on the waitlist",
    place: (position, total) => `You are number ${position} of ${total}.`,
    invited: "It is your turn: you are invited.",
    unconfirmed: "Your address is not confirmed yet.",
    friends: (count, shown) =>
      count === 1 ? "One friend came by your link." : `${shown} friends came by your link.`,
    share: "Share this link. You move ahead for each friend who comes by it and confirms:",
    status: "See how your place changes",
  },
};
