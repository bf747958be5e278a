# The flow by the client that openapi-generator writes for Ruby: ruby flow.rb FOLDER URL
require 'json'
require 'net/http'

folder, url = ARGV
$LOAD_PATH.unshift(File.join(folder, 'lib'))
require 'paypos_api'

PaynetClient.configure do |config|
  # The first server of the document is Sandbox: without these lines, it would be called.
  config.scheme, config.host = url.split('://')
  config.api_key['Authorization'] = 'sck_simulator'
  config.api_key_prefix['Authorization'] = 'Basic'
end

dealer = PaynetClient::AuthorizeApi.new
session = PaynetClient::SoftPOSApi.new
opened = dealer.get_auth_key('2', { agent_id: '1', user_id: 'u' })
key = opened.session_key

# Approves at the simulated phone; returns what the check lists.
approved = lambda do |handoff|
  decide = URI("#{url}/_paypos/payments/#{handoff.payment_session_id}/decide")
  answer = Net::HTTP.post(decide, JSON.generate(decision: 'approve'), 'content-type' => 'application/json')
  raise answer.body unless answer.code == '200'

  session.check_transaction(key, { payment_session_id: handoff.payment_session_id }).data.first
end

sold = approved.call(session.init_sale_transaction(key, { amount: 149.9 }))
raise sold.inspect unless [sold.is_succeed, sold.amount] == [true, 149.9]

reversed = approved.call(session.init_reversal_transaction(key, { xact_id: sold.xact_id }))
raise reversed.inspect unless reversed.is_succeed

begin
  session.init_reversal_transaction(key, { xact_id: sold.xact_id })
  raise 'a second reversal is accepted'
rescue PaynetClient::ApiError => e
  raise unless e.code == 400
end
PaynetClient::AgentApi.new.logout('2', { session_key: key })
puts "sold and reversed by openapi-generator's Ruby"
