import * as k from "./kinds";

/** Who is told of a message, by which vendor, and what keeps robots out. */
export const deliverySettings = {
  SENDGRID_API_KEY: k.text({
    secret: true,
    vendor: true,
    description: "SendGrid key with the right to send mail; it is then used instead of SMTP_URL.",
  }),
  SENDGRID_BASE_URL: k.publicUrl({
    default: "https://api.sendgrid.com",
    description: "Where SendGrid is called; `https://api.eu.sendgrid.com` for subusers in the EU.",
  }),
  SENDGRID_WEBHOOK_KEY: k.publicKey({
    vendor: true,
    description:
      "Public key of SendGrid's signed event webhook: bounces and complaints come to `/webhooks/sendgrid`. Unset: that address is closed.",
  }),
  MAIL_TRANSPORT: k.choice({ sendgrid: "sendgrid", smtp: "smtp" })({
    description: "Which of the two sends, where both are configured. Unset: SendGrid.",
  }),
  HUBSPOT_API_KEY: k.text({
    secret: true,
    vendor: true,
    description: "Token of a HubSpot private app: contacts, notes and deals are written for messages.",
  }),
  HUBSPOT_BASE_URL: k.publicUrl({
    default: "https://api.hubapi.com",
    description: "Where HubSpot is called.",
  }),
  HUBSPOT_API_VERSION: k.text({ default: "2026-09", description: "Version in HubSpot's paths." }),
  HUBSPOT_PIPELINE: k.text({ description: "Pipeline of the deals. Unset: no deals are written." }),
  HUBSPOT_STAGE_DEMO: k.text({
    description: "Stage of a deal that begins with a request for a demonstration.",
  }),
  HUBSPOT_STAGE_QUOTE: k.text({ description: "Stage of a deal that begins with a request for a quote." }),
  HUBSPOT_PROPERTIES: k.names({
    description:
      'Contact property by field, as JSON: `{"company":"company","job_title":"jobtitle"}`. Beside the usual ones; the note holds every field.',
  }),
  HUBSPOT_TIMEZONE: k.timeZone({
    default: "UTC",
    description: "Time zone of the HubSpot portal: at its midnight a daily limit ends.",
  }),
  SLACK_WEBHOOK_URL: k.url(
    "https",
    "http",
  )({
    secret: true,
    vendor: true,
    description:
      "Incoming webhook of Slack or a compatible server: alerts, and messages of forms that name `slack`.",
  }),
  ALERT_EMAIL: k.addresses({
    default: "",
    description: "Who hears of failures by mail; separated by commas. Unset: NOTIFY_EMAIL.",
  }),
  RECAPTCHA_SECRET_KEY: k.text({ secret: true, vendor: true, description: "reCAPTCHA secret, v2 or v3." }),
  RECAPTCHA_SITE_KEY: k.text({ vendor: true, description: "Its public key." }),
  RECAPTCHA_VERIFY_URL: k.publicUrl({
    default: "https://www.google.com/recaptcha/api/siteverify",
    description: "Where reCAPTCHA answers are checked.",
  }),
  HCAPTCHA_SECRET_KEY: k.text({ secret: true, vendor: true, description: "hCaptcha secret." }),
  HCAPTCHA_SITE_KEY: k.text({ vendor: true, description: "Its public key." }),
  HCAPTCHA_VERIFY_URL: k.publicUrl({
    default: "https://api.hcaptcha.com/siteverify",
    description: "Where hCaptcha answers are checked.",
  }),
  TURNSTILE_SECRET_KEY: k.text({ secret: true, vendor: true, description: "Turnstile secret." }),
  TURNSTILE_SITE_KEY: k.text({ vendor: true, description: "Its public key." }),
  TURNSTILE_VERIFY_URL: k.publicUrl({
    default: "https://challenges.cloudflare.com/turnstile/v0/siteverify",
    description: "Where Turnstile answers are checked.",
  }),
  FORMS_CAPTCHA_DOWN: k.choice({ accept: "accept", hold: "hold", spam: "spam" })({
    default: "accept",
    description:
      "What becomes of a message while the captcha's provider cannot be asked: accept, hold or spam.",
  }),
  FORMS_RATE_TOKENS: k.rate({
    default: "60/60s",
    description: "Page tokens and challenges that a client may fetch.",
  }),
  FORMS_FLOOD: k.rate({
    default: "120/60s",
    description: "Messages to one form beyond which each is judged more strictly; none is refused for it.",
  }),
  FORMS_MAIL_PER_ADDRESS: k.rate({
    default: "3/24h",
    description: "Mails to one visitor's address over all forms; one form writes once in that time.",
  }),
  FORMS_MAIL_PER_DOMAIN: k.rate({
    default: "1000/1h",
    description: "Mails to visitors of one mail domain; the rest wait.",
  }),
  FORMS_CANARY: k.duration({
    default: "24h",
    description:
      "How often a test message goes through every channel of the team; one that does not arrive raises an alert. off: never.",
  }),
  FORMS_RETENTION_DAYS: k.integer(
    0,
    36_500,
  )({ default: "730", description: "Days for which messages are kept; 0 keeps them." }),
  WAITLIST_CONFIRM: k.choice({ auto: "auto", on: "on", off: "off" })({
    default: "auto",
    description:
      "Whether an address on the waitlist must be confirmed by mail. auto: where mail can be sent.",
  }),
  WAITLIST_PAGE: k.linkTemplate({
    description:
      "Page of the site that a referral link leads to, with {token} for the friend's token, which the site sends as `referral_token`. Unset: the form on a page of this service.",
  }),
  WAITLIST_SPOTS_PER_REFERRAL: k.integer(
    0,
    1000,
  )({ default: "3", description: "Places that a confirmed referral moves somebody ahead." }),
};
