import * as k from "./kinds";

/** Of documented systems whose parts come with later releases: known and checked, so that their files start unchanged. */
export const vendorSettings = {
  REDIS_URL: k.url("redis", "rediss")({ secret: true, later: true, description: "Redis, for rate limits." }),
  AWS_ACCESS_KEY_ID: k.text({ secret: true, vendor: true, later: true, description: "AWS key." }),
  AWS_SECRET_ACCESS_KEY: k.text({ secret: true, vendor: true, later: true, description: "AWS secret." }),
  AWS_REGION: k.text({ vendor: true, later: true, description: "AWS region." }),
  AWS_DEFAULT_REGION: k.text({
    vendor: true,
    later: true,
    description: "AWS region, where AWS_REGION is not set.",
  }),
  S3_BUCKET_UPLOADS: k.text({ vendor: true, later: true, description: "Bucket of what visitors upload." }),
  S3_BUCKET_PROCESSED: k.text({ vendor: true, later: true, description: "Bucket of results." }),
  S3_BUCKET_ASSETS: k.text({ vendor: true, later: true, description: "Bucket of published images." }),
  SQS_QUEUE_URL: k.url(
    "https",
    "http",
  )({ vendor: true, later: true, description: "Queue of work from outside." }),
  ECS_CLUSTER: k.text({ vendor: true, later: true, description: "Cluster that runs the runners." }),
  ECS_TASK_DEFINITION: k.text({ vendor: true, later: true, description: "Task of a runner." }),
  CONTENTFUL_SPACE_ID: k.text({ vendor: true, later: true, description: "Contentful space." }),
  CONTENTFUL_ACCESS_TOKEN: k.text({
    secret: true,
    vendor: true,
    later: true,
    description: "Contentful delivery token.",
  }),
  GITHUB_CLIENT_ID: k.text({ vendor: true, later: true, description: "GitHub OAuth client." }),
  GITHUB_CLIENT_SECRET: k.text({ secret: true, vendor: true, later: true, description: "Its secret." }),
  GITHUB_APP_ID: k.text({ vendor: true, later: true, description: "GitHub App." }),
  GITHUB_APP_PRIVATE_KEY: k.secretText({
    secret: true,
    vendor: true,
    later: true,
    description: "Its private key: real line breaks, `\\n`, or base64.",
  }),
  GITHUB_WEBHOOK_SECRET: k.text({ secret: true, vendor: true, later: true, description: "Signs webhooks." }),
};
